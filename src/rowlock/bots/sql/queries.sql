-- name: add_secret
-- Made once for the installation, whoever comes first.
INSERT INTO bot_secret (secret) VALUES ($1) ON CONFLICT DO NOTHING

-- name: find_secret
SELECT secret FROM bot_secret
