-- name: signing_keys
-- All that are to be believed now.
SELECT id, algorithm, secret, sealed, use_from FROM signing_keys WHERE retired_at IS NULL OR retired_at > now()

-- name: add_first_signing_key
INSERT INTO signing_keys (id, algorithm, secret, sealed)
SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE algorithm = $2)
ON CONFLICT DO NOTHING

-- name: add_next_signing_key
-- $5: seconds until it signs; $6: seconds for which those before are believed after that.
WITH before AS (
    UPDATE signing_keys SET retired_at = now() + make_interval(secs => $5::int + $6::int)
    WHERE algorithm = $2 AND retired_at IS NULL
)
INSERT INTO signing_keys (id, algorithm, secret, sealed, use_from)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::int))

-- name: seal_signing_key
UPDATE signing_keys SET secret = $2, sealed = true WHERE id = $1 AND NOT sealed

-- name: sealed_signing_keys
SELECT id, secret AS sealed, 'signing-key:' || id AS purpose FROM signing_keys WHERE sealed ORDER BY id

-- name: replace_signing_key
UPDATE signing_keys SET secret = $3 WHERE id = $1 AND secret = $2

-- name: forget_retired_keys
DELETE FROM signing_keys WHERE retired_at <= now()

-- name: lock_signing_keys
LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE

-- name: signing_key_age_days
-- The age of the oldest key that signs or is to sign.
SELECT (extract(epoch FROM now() - min(use_from)) / 86400)::float FROM signing_keys WHERE retired_at IS NULL

-- name: tell_keys_changed
SELECT revoke_v1('keys', '', 60)

-- name: revoke
SELECT revoke_v1($1, $2, $3)

-- name: revocations_after
SELECT no, kind, id, at, until FROM revocations WHERE no > $1 AND until > now() ORDER BY no

-- name: forget_revocations
DELETE FROM revocations WHERE until < now() - interval '1 hour'

-- name: insert_organiser
INSERT INTO organisers (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id

-- name: organisers
SELECT id, name FROM organisers ORDER BY id

-- name: pseudonym_of
-- The person's pseudonym, $2 when there is none yet.
WITH made AS (
    INSERT INTO pseudonyms (subject, pseudonym) VALUES ($1, $2) ON CONFLICT (subject) DO NOTHING RETURNING pseudonym
)
SELECT pseudonym FROM made UNION ALL SELECT pseudonym FROM pseudonyms WHERE subject = $1 LIMIT 1

-- name: subjects_behind
SELECT pseudonym, subject FROM pseudonyms WHERE pseudonym = ANY ($1)
