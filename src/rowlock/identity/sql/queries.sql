-- name: first_signing_key
SELECT id, secret FROM signing_keys ORDER BY created_at, id LIMIT 1

-- name: all_signing_keys
SELECT id, secret FROM signing_keys

-- name: add_first_signing_key
INSERT INTO signing_keys (id, secret)
SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)
ON CONFLICT DO NOTHING

-- name: insert_organiser
INSERT INTO organisers (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id

-- name: organisers
SELECT id, name FROM organisers ORDER BY id
