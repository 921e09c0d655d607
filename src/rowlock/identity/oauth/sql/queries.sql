-- name: insert_client
INSERT INTO oauth_clients (id, name, secret_hash, redirect_uris, scopes, role, organiser_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: client
SELECT id, name, secret_hash, redirect_uris, scopes, role, organiser_id FROM oauth_clients
WHERE id = $1 AND disabled_at IS NULL

-- name: clients
SELECT id, name, secret_hash, redirect_uris, scopes, role, organiser_id, created_at, disabled_at
FROM oauth_clients ORDER BY created_at, id

-- name: disable_client
UPDATE oauth_clients SET disabled_at = now() WHERE id = $1 AND disabled_at IS NULL RETURNING organiser_id

-- name: grants_of_client
SELECT id FROM oauth_grants WHERE client_id = $1 AND ended_at IS NULL

-- name: insert_grant
INSERT INTO oauth_grants (id, client_id, subject, role, organiser_id, strong, scopes)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: allowed_before
-- Whether the person has allowed the program all of these scopes, in this role, and not taken it back.
SELECT EXISTS (
    SELECT FROM oauth_grants
    WHERE client_id = $1 AND subject = $2 AND role = $3 AND organiser_id IS NOT DISTINCT FROM $4 AND scopes @> $5
      AND ended_at IS NULL
)

-- name: insert_code
INSERT INTO oauth_codes (hash, grant_id, redirect_uri, challenge, nonce, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))

-- name: use_code
-- Once: who comes second gets no row.
UPDATE oauth_codes SET used_at = now() WHERE hash = $1 AND used_at IS NULL
RETURNING grant_id, redirect_uri, challenge, nonce, expires_at > now() AS fresh

-- name: grant_of_code
SELECT grant_id FROM oauth_codes WHERE hash = $1

-- name: live_grant
SELECT id, client_id, subject, role, organiser_id, strong, scopes FROM oauth_grants
WHERE id = $1 AND ended_at IS NULL AND created_at > now() - make_interval(days => $2) FOR UPDATE

-- name: insert_refresh_token
INSERT INTO oauth_refresh_tokens (hash, grant_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))

-- name: use_refresh_token
UPDATE oauth_refresh_tokens SET used_at = now() WHERE hash = $1 AND used_at IS NULL
RETURNING grant_id, expires_at > now() AS fresh

-- name: grant_of_refresh_token
SELECT grant_id FROM oauth_refresh_tokens WHERE hash = $1

-- name: refresh_token_state
SELECT grants.client_id, grants.subject, grants.scopes, extract(epoch FROM tokens.expires_at)::bigint AS expires_at
FROM oauth_refresh_tokens tokens JOIN oauth_grants grants ON grants.id = tokens.grant_id
WHERE tokens.hash = $1 AND tokens.used_at IS NULL AND tokens.expires_at > now() AND grants.ended_at IS NULL

-- name: end_grant
UPDATE oauth_grants SET ended_at = now(), end_reason = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id

-- name: own_grants
SELECT grants.id, clients.name, grants.scopes, grants.role, grants.created_at
FROM oauth_grants grants JOIN oauth_clients clients ON clients.id = grants.client_id
WHERE grants.subject = $1 AND grants.ended_at IS NULL ORDER BY grants.created_at DESC, grants.id

-- name: end_grants_of
-- All of a person, or with a role only those that act in it.
UPDATE oauth_grants SET ended_at = now(), end_reason = $4
WHERE subject = $1 AND ended_at IS NULL
  AND ($2::text IS NULL OR (role = $2 AND ($2 = 'operator' OR organiser_id = $3)))
RETURNING 'grant:' || id AS session_id

-- name: end_device_keys_of
UPDATE device_keys SET ended_at = now()
WHERE subject = $1 AND ended_at IS NULL
  AND ($2::text IS NULL OR (role = $2 AND ($2 = 'operator' OR organiser_id = $3)))
RETURNING id AS session_id

-- name: insert_device_key
INSERT INTO device_keys (id, subject, role, organiser_id, name, public_key, scopes)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: device_key
SELECT id, subject, role, organiser_id, public_key::text AS public_key, scopes FROM device_keys
WHERE id = $1 AND ended_at IS NULL

-- name: count_device_keys
SELECT count(*) FROM device_keys WHERE subject = $1 AND ended_at IS NULL

-- name: own_device_keys
SELECT id, name, scopes, role, created_at, last_used_at FROM device_keys
WHERE subject = $1 AND ended_at IS NULL ORDER BY created_at DESC, id

-- name: end_device_key
UPDATE device_keys SET ended_at = now() WHERE id = $1 AND subject = $2 AND ended_at IS NULL RETURNING id

-- name: use_assertion
-- Once: who comes second with the same one gets no row.
WITH used AS (
    INSERT INTO device_key_uses (key_id, jti, expires_at) VALUES ($1, $2, to_timestamp($3::double precision))
    ON CONFLICT DO NOTHING RETURNING key_id
)
UPDATE device_keys SET last_used_at = now() FROM used WHERE device_keys.id = used.key_id AND ended_at IS NULL
RETURNING device_keys.id

-- name: forget_codes
DELETE FROM oauth_codes WHERE expires_at < now() - interval '1 day'

-- name: forget_refresh_tokens
DELETE FROM oauth_refresh_tokens WHERE expires_at < now() - interval '1 day'

-- name: forget_assertions
DELETE FROM device_key_uses WHERE expires_at < now() - interval '1 hour'

-- name: forget_grants
-- Those that ended, once nothing refers to them any more.
DELETE FROM oauth_grants WHERE ended_at < now() - interval '90 days'
