-- name: has_events
SELECT EXISTS (SELECT 1 FROM events)

-- name: analyze
ANALYZE
