-- name: add_secret
-- Made once for the installation, whoever comes first.
INSERT INTO bot_secret (secret, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: find_secret
SELECT secret, sealed FROM bot_secret

-- name: seal_secret
UPDATE bot_secret SET secret = $1, sealed = true WHERE NOT sealed

-- name: sealed_secrets
SELECT only_one AS id, secret AS sealed, 'bot-secret' AS purpose FROM bot_secret WHERE sealed

-- name: replace_secret
UPDATE bot_secret SET secret = $3 WHERE only_one = $1 AND secret = $2
