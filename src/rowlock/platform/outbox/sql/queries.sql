-- name: take_messages
-- Locked until they are delivered, so two relays never take the same ones; a relay that dies lets go of them.
SELECT id, topic, key, payload::text AS payload, created_at FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED

-- name: forget_messages
DELETE FROM outbox WHERE id = ANY ($1::bigint[])
