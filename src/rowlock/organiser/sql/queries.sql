-- name: set_two_people
UPDATE organisers SET two_people = $2 WHERE id = $1 AND two_people IS DISTINCT FROM $2 RETURNING id

-- name: wants_two_people
-- Whether a risky change of the event takes two: it can be bought now or somebody has seats, and its organiser says so.
SELECT o.two_people AND (i.held + i.booked > 0
       OR (coalesce(i.on_sale_at, '-infinity') <= now() AND i.sale_ends_at > now())) AS wanted
FROM events e JOIN organisers o ON o.id = e.organiser_id JOIN event_inventory i ON i.event_id = e.id
WHERE e.id = $1 AND ($2::bigint IS NULL OR e.organiser_id = $2)

-- name: insert_approval
INSERT INTO approvals (id, event_id, organiser_id, kind, request, was, seats, proposed_by, proposed_role, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(hours => $10))

-- name: approval
SELECT id, event_id, organiser_id, kind, request::text AS request, was::text AS was, seats, proposed_by, proposed_role,
       proposed_at, expires_at, decided_by, decided_at, decision, reason, done_at,
       decision IS NULL AND expires_at <= now() AS lapsed
FROM approvals WHERE id = $1 AND ($2::bigint IS NULL OR organiser_id = $2)

-- name: approvals
-- Newest first.
SELECT id, event_id, organiser_id, kind, request::text AS request, was::text AS was, seats, proposed_by, proposed_role,
       proposed_at, expires_at, decided_by, decided_at, decision, reason, done_at,
       decision IS NULL AND expires_at <= now() AS lapsed
FROM approvals
WHERE ($1::bigint IS NULL OR organiser_id = $1) AND (NOT $2 OR (decision IS NULL AND expires_at > now()))
ORDER BY proposed_at DESC, id LIMIT $3

-- name: decide_approval
-- Once, in time, and never by who proposed it.
UPDATE approvals SET decision = $2, decided_by = $3, decided_at = clock_timestamp(), reason = $4
WHERE id = $1 AND decision IS NULL AND expires_at > now() AND proposed_by <> $3 RETURNING id

-- name: approval_done
UPDATE approvals SET done_at = clock_timestamp() WHERE id = $1 AND decision = 'approved' AND done_at IS NULL

-- name: insert_codes
INSERT INTO codes (id, code, organiser_id, event_id, kind, percent, amount, currency, uses_max, uses_per_person_max,
                   valid_from, valid_until, tiers, seats_min, channel, block_id, opens_at)
SELECT n.id, n.code, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
FROM unnest($1::uuid[], $2::text[]) AS n(id, code)
ON CONFLICT (organiser_id, code) DO NOTHING
RETURNING id

-- name: codes_by_id
SELECT c.*, 0 AS uses FROM codes c JOIN unnest($1::uuid[]) WITH ORDINALITY AS n(id, place) USING (id) ORDER BY n.place

-- name: codes
-- Newest first, below the number $3.
SELECT c.*, (SELECT count(*) FROM code_uses u JOIN bookings b ON b.id = u.booking_id
             WHERE u.code_id = c.id AND b.status IN ('HOLD', 'PAYMENT_PENDING', 'CONFIRMED'))::int AS uses
FROM codes c
WHERE ($1::bigint IS NULL OR c.organiser_id = $1) AND ($2::bigint IS NULL OR c.event_id = $2)
  AND ($3::bigint IS NULL OR c.no < $3)
ORDER BY c.no DESC LIMIT $4

-- name: disable_code
-- `now`: whether it was in use until this moment.
WITH it AS (SELECT id, organiser_id, code, disabled_at FROM codes
            WHERE id = $1 AND ($2::bigint IS NULL OR organiser_id = $2) FOR UPDATE),
     done AS (UPDATE codes c SET disabled_at = clock_timestamp() FROM it WHERE c.id = it.id AND it.disabled_at IS NULL)
SELECT organiser_id, code, disabled_at IS NULL AS now FROM it
