-- name: take_turn
-- Whoever has it relays. The others come again, and do not stand in line behind locked rows.
SELECT pg_try_advisory_xact_lock($1)

-- name: take_messages
-- The oldest first, and none passed over, even if somebody has it locked: an event's messages get their numbers under
-- the event's lock, so this is their order, too. All up to a number, not each of a list: the table is empty whenever it is
-- vacuumed, and a planner that takes it for empty compares every row with every number.
WITH taken AS (
    DELETE FROM outbox WHERE id <= (SELECT max(id) FROM (SELECT id FROM outbox ORDER BY id LIMIT $1) AS first)
    RETURNING id, topic, key, payload, created_at
)
SELECT id, topic, key, payload::text AS payload, created_at FROM taken ORDER BY id

-- name: messages_written
-- Numbers drawn so far, by whoever: also for messages that are gone, and some for none.
SELECT last_value FROM outbox_id_seq

-- name: unstreamed_messages
SELECT id, topic, key, payload::text AS payload, created_at FROM outbox_unstreamed ORDER BY id LIMIT $1

-- name: keep_for_stream
-- Messages that nobody could stream yet.
INSERT INTO outbox_unstreamed (id, topic, key, payload, created_at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[])

-- name: forget_unstreamed
DELETE FROM outbox_unstreamed WHERE id = ANY ($1::bigint[])

-- name: forget_oldest_unstreamed
-- All but the newest $1.
DELETE FROM outbox_unstreamed WHERE id <= (SELECT id FROM outbox_unstreamed ORDER BY id DESC OFFSET $1 LIMIT 1)
