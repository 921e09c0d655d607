-- name: claim_keys
-- The keys that are ours to carry out: new, forgotten after 24 hours, or left behind. A claim is left behind when
-- its time is over, when it is of this instance (which asks only for what it is not at), or when its instance is gone:
-- then the lock that an instance keeps on its number is free, and a shared one to be had.
INSERT INTO idempotency_keys AS k (owner, key, request_hash, claimed_until, claimed_by)
SELECT owner, key, request_hash, clock_timestamp() + make_interval(secs => $4), $6
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS c(owner, key, request_hash)
ON CONFLICT (owner, key) DO UPDATE
SET request_hash = excluded.request_hash, claimed_until = excluded.claimed_until, claimed_by = excluded.claimed_by,
    created_at = clock_timestamp(), answered_at = NULL, status = NULL, headers = NULL, body = NULL
WHERE k.created_at < clock_timestamp() - make_interval(hours => $5)
   OR (k.answered_at IS NULL AND k.request_hash = excluded.request_hash
       AND (k.claimed_until < clock_timestamp() OR k.claimed_by = excluded.claimed_by
            OR pg_try_advisory_xact_lock_shared($7, k.claimed_by)))
RETURNING k.owner, k.key

-- name: find_key
SELECT request_hash, answered_at IS NOT NULL AS answered, status, headers, body
FROM idempotency_keys WHERE owner = $1 AND key = $2

-- name: keep_answers
-- The keys whose answers are kept now. One is missing when another instance took the claim over meanwhile.
UPDATE idempotency_keys k
SET answered_at = clock_timestamp(), status = c.status, headers = c.headers, body = c.body
FROM unnest($1::text[], $2::text[], $3::int[], $4::smallint[], $5::text[], $6::bytea[])
     AS c(owner, key, claimed_by, status, headers, body)
WHERE k.owner = c.owner AND k.key = c.key AND k.claimed_by = c.claimed_by
  AND (k.answered_at IS NULL OR (k.status = c.status AND k.body = c.body))
RETURNING k.owner, k.key

-- name: forget_key
DELETE FROM idempotency_keys WHERE owner = $1 AND key = $2 AND claimed_by = $3 AND answered_at IS NULL

-- name: forget_old_keys
DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - make_interval(hours => $1)
