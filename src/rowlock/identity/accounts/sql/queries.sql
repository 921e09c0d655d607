-- name: find_account
SELECT id, subject, email, email_key, name, language, created_at FROM accounts WHERE id = $1

-- name: account_of_subject
SELECT id, subject, email, email_key, name, language, created_at FROM accounts WHERE subject = $1

-- name: account_of_email
SELECT id, subject, email, email_key, name, language, created_at FROM accounts WHERE email_key = $1

-- name: insert_account
INSERT INTO accounts (id, subject, email, email_key, name, language) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (email_key) DO NOTHING RETURNING id

-- name: change_account
UPDATE accounts SET name = coalesce($2, name), language = coalesce($3, language) WHERE id = $1

-- name: change_email
-- Nothing when somebody else has that address by now.
UPDATE accounts SET email = $2, email_key = $3, email_verified_at = clock_timestamp()
WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE email_key = $3 AND id <> $1) RETURNING id

-- name: join_guest
INSERT INTO account_guests (subject, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING subject

-- name: guests_of
SELECT g.subject FROM account_guests g JOIN accounts a ON a.id = g.account_id WHERE a.subject = $1

-- name: address_behind
-- The proven mail address of an account, asked for by its own name or by that of a guest it was.
SELECT email_key FROM accounts WHERE subject = $1
UNION ALL
SELECT a.email_key FROM accounts a JOIN account_guests g ON g.account_id = a.id WHERE g.subject = $1
LIMIT 1

-- name: memberships
SELECT m.organiser_id, o.name AS organiser, m.role FROM memberships m JOIN organisers o ON o.id = m.organiser_id
WHERE m.account_id = $1 ORDER BY o.name, m.role

-- name: all_members
SELECT a.id, a.email, a.name, m.organiser_id, o.name AS organiser, m.role, m.granted_at,
       EXISTS (SELECT 1 FROM authenticators t WHERE t.account_id = a.id AND t.confirmed_at IS NOT NULL)
       OR EXISTS (SELECT 1 FROM passkeys p WHERE p.account_id = a.id) AS second_factor
FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN organisers o ON o.id = m.organiser_id
WHERE $1::bigint IS NULL OR m.organiser_id = $1
ORDER BY o.name, m.role, a.email_key

-- name: grant_membership
INSERT INTO memberships (account_id, organiser_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING role

-- name: withdraw_membership
DELETE FROM memberships WHERE account_id = $1 AND organiser_id = $2 AND role = $3 RETURNING role

-- name: insert_session
INSERT INTO sessions (id, account_id, strong, device, address_prefix) VALUES ($1, $2, $3, $4, $5)

-- name: touch_session
-- Nothing when it has ended. Seen is written once a minute at most.
WITH found AS (SELECT id, last_seen_at FROM sessions WHERE id = $1 AND ended_at IS NULL),
touched AS (
    UPDATE sessions s SET last_seen_at = clock_timestamp() FROM found f
    WHERE s.id = f.id AND f.last_seen_at < clock_timestamp() - interval '1 minute'
)
SELECT id FROM found

-- name: session_age
SELECT extract(epoch FROM clock_timestamp() - created_at)::double precision FROM sessions
WHERE id = $1 AND ended_at IS NULL

-- name: open_sessions
SELECT id, strong, device, address_prefix, created_at, last_seen_at FROM sessions
WHERE account_id = $1 AND ended_at IS NULL AND last_seen_at > clock_timestamp() - make_interval(secs => $2)
ORDER BY last_seen_at DESC

-- name: end_sessions
-- Those named, or with $2 null all; $3 is spared.
UPDATE sessions SET ended_at = clock_timestamp()
WHERE account_id = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR id = $2) AND ($3::uuid IS NULL OR id <> $3)
RETURNING id

-- name: forget_old_sessions
DELETE FROM sessions WHERE last_seen_at < clock_timestamp() - make_interval(days => $1)

-- name: links_waiting
SELECT count(*) FROM mail_links WHERE email_key = $1 AND created_at > clock_timestamp() - make_interval(secs => $2)

-- name: insert_mail_link
INSERT INTO mail_links (id, email, email_key, purpose, account_id, outside_issuer, outside_subject, name, language,
                        browser_hash, link_hash, code_hash, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp() + make_interval(secs => $13))

-- name: use_mail_link
-- One row once: whoever comes second waits for the row and then finds it used.
UPDATE mail_links SET used_at = clock_timestamp()
WHERE browser_hash = $1 AND (link_hash = $2 OR code_hash = $2) AND used_at IS NULL AND tries < $3
  AND expires_at > clock_timestamp()
RETURNING email, email_key, purpose, account_id, outside_issuer, outside_subject, name, language

-- name: note_failed_try
UPDATE mail_links SET tries = tries + 1 WHERE browser_hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp()

-- name: link_is_elsewhere
-- Whether a link still waits, but for another browser than the one that came with it.
SELECT EXISTS (SELECT 1 FROM mail_links WHERE link_hash = $1 AND browser_hash <> $2 AND used_at IS NULL
               AND expires_at > clock_timestamp())

-- name: forget_old_links
DELETE FROM mail_links WHERE expires_at < clock_timestamp() - interval '1 day'

-- name: begin_ceremony
INSERT INTO ceremonies (browser_hash, kind, account_id, secret, expires_at)
VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
ON CONFLICT (browser_hash, kind) DO UPDATE
SET account_id = excluded.account_id, secret = excluded.secret, expires_at = excluded.expires_at, tries = 0

-- name: finish_ceremony
DELETE FROM ceremonies WHERE browser_hash = $1 AND kind = $2 AND expires_at > clock_timestamp()
RETURNING account_id, secret

-- name: try_ceremony
UPDATE ceremonies SET tries = tries + 1
WHERE browser_hash = $1 AND kind = $2 AND expires_at > clock_timestamp() AND tries < $3
RETURNING account_id, secret

-- name: forget_old_ceremonies
DELETE FROM ceremonies WHERE expires_at < clock_timestamp()

-- name: find_password
SELECT account_id, hash FROM passwords JOIN accounts ON accounts.id = account_id WHERE email_key = $1

-- name: password_of
SELECT hash FROM passwords WHERE account_id = $1

-- name: set_password
INSERT INTO passwords (account_id, hash) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = clock_timestamp()

-- name: drop_password
DELETE FROM passwords WHERE account_id = $1

-- name: passkeys_of
SELECT id, name, created_at, last_used_at FROM passkeys WHERE account_id = $1 ORDER BY created_at

-- name: find_passkey
SELECT account_id, public_key, sign_count FROM passkeys WHERE id = $1

-- name: insert_passkey
INSERT INTO passkeys (id, account_id, public_key, sign_count, name) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING id

-- name: use_passkey
-- The count must still be what the signature was checked against: two uses at once are one passkey too many.
UPDATE passkeys SET sign_count = $3, last_used_at = clock_timestamp() WHERE id = $1 AND sign_count = $2 RETURNING id

-- name: drop_passkey
DELETE FROM passkeys WHERE id = $1 AND account_id = $2 RETURNING id

-- name: drop_passkeys
DELETE FROM passkeys WHERE account_id = $1

-- name: begin_authenticator
-- A confirmed one is never replaced on the way: it has to be taken away first.
INSERT INTO authenticators (account_id, secret) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, last_step = 0
WHERE authenticators.confirmed_at IS NULL
RETURNING account_id

-- name: find_authenticator
SELECT secret, confirmed_at IS NOT NULL AS confirmed, last_step FROM authenticators WHERE account_id = $1

-- name: take_step
-- Each step counts once, whoever comes first.
UPDATE authenticators SET last_step = $2, confirmed_at = coalesce(confirmed_at, clock_timestamp())
WHERE account_id = $1 AND last_step < $2 RETURNING account_id

-- name: drop_authenticator
DELETE FROM authenticators WHERE account_id = $1

-- name: second_factors
SELECT EXISTS (SELECT 1 FROM authenticators WHERE account_id = $1 AND confirmed_at IS NOT NULL) AS authenticator,
       (SELECT count(*) FROM passkeys WHERE account_id = $1) AS passkeys,
       EXISTS (SELECT 1 FROM passwords WHERE account_id = $1) AS password,
       (SELECT count(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL) AS recovery_codes

-- name: drop_recovery_codes
DELETE FROM recovery_codes WHERE account_id = $1

-- name: insert_recovery_codes
INSERT INTO recovery_codes (account_id, hash) SELECT $1, unnest($2::bytea[])

-- name: use_recovery_code
UPDATE recovery_codes SET used_at = clock_timestamp() WHERE account_id = $1 AND hash = $2 AND used_at IS NULL
RETURNING account_id

-- name: account_of_outside
SELECT account_id FROM outside_identities WHERE issuer = $1 AND subject = $2

-- name: join_outside
INSERT INTO outside_identities (issuer, subject, account_id) VALUES ($1, $2, $3)
ON CONFLICT (issuer, subject) DO NOTHING

-- name: sealed_authenticators
SELECT account_id AS id, secret AS sealed, 'totp:' || account_id AS purpose FROM authenticators

-- name: replace_authenticator
UPDATE authenticators SET secret = $3 WHERE account_id = $1 AND secret = $2
