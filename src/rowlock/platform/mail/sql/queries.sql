-- name: insert_mail
INSERT INTO mails (id, recipient, message) VALUES ($1, $2, $3)

-- name: claim_mails
-- Each is due again by itself should the server not take it, or should the worker die over it.
UPDATE mails m
SET tries = m.tries + 1, next_try_at = clock_timestamp() + make_interval(secs => least($2 * 2 ^ m.tries, 3600))
FROM (SELECT id FROM mails WHERE next_try_at <= clock_timestamp() ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
WHERE m.id = due.id
RETURNING m.id, m.recipient, m.message, m.tries, m.created_at < clock_timestamp() - make_interval(hours => $3) AS stale

-- name: forget_mail
DELETE FROM mails WHERE id = $1
