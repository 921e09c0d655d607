-- name: plan_of_hash
SELECT id, version FROM seating_plans
WHERE document_hash = $1 AND venue_id IS NOT DISTINCT FROM $2::bigint AND name = $3 AND organiser_id = $4

-- name: insert_plan
INSERT INTO seating_plans (venue_id, name, version, seat_count, categories, document, document_hash, organiser_id)
SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7
FROM seating_plans WHERE venue_id IS NOT DISTINCT FROM $1::bigint AND name = $2 AND organiser_id = $7
RETURNING id, version

-- name: find_plan
SELECT id, organiser_id, venue_id, name, version, seat_count, document FROM seating_plans WHERE id = $1
