-- name: claim_key
-- One row when the key is ours to carry out: new, forgotten after 24 hours, or left behind by a process that died.
INSERT INTO idempotency_keys AS k (owner, key, request_hash, claimed_until)
VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
ON CONFLICT (owner, key) DO UPDATE
SET request_hash = excluded.request_hash, claimed_until = excluded.claimed_until, created_at = clock_timestamp(),
    answered_at = NULL, status = NULL, headers = NULL, body = NULL
WHERE k.created_at < clock_timestamp() - make_interval(hours => $5)
   OR (k.answered_at IS NULL AND k.claimed_until < clock_timestamp() AND k.request_hash = excluded.request_hash)
RETURNING true AS claimed

-- name: find_key
SELECT request_hash, answered_at IS NOT NULL AS answered, status, headers, body
FROM idempotency_keys WHERE owner = $1 AND key = $2

-- name: keep_answer
UPDATE idempotency_keys SET answered_at = clock_timestamp(), status = $3, headers = $4, body = $5
WHERE owner = $1 AND key = $2 AND answered_at IS NULL

-- name: forget_key
DELETE FROM idempotency_keys WHERE owner = $1 AND key = $2 AND answered_at IS NULL

-- name: forget_old_keys
DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - make_interval(hours => $1)
