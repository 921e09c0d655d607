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
