-- name: who
-- A subject's account, if it has one or was joined to one, and all subjects of the person.
SELECT a.id AS account_id, a.email_key,
       CASE WHEN a.id IS NULL THEN ARRAY[$1::text]
            ELSE ARRAY[a.subject] || ARRAY(SELECT g.subject FROM account_guests g WHERE g.account_id = a.id ORDER BY 1)
       END AS subjects
FROM (SELECT 1) one
LEFT JOIN accounts a
       ON a.subject = $1 OR a.id = (SELECT g.account_id FROM account_guests g WHERE g.subject = $1)

-- name: subject_of_email
SELECT subject FROM accounts WHERE email_key = lower($1)

-- name: everything_about
-- All that is stored about a person: $1 their subjects, $2 their account, $3 its address, $4 their pseudonyms.
SELECT jsonb_pretty(jsonb_build_object(
    'format', 'rowlock-person/1',
    'exportedAt', now(),
    'subjects', to_jsonb($1::text[]),
    'account', (SELECT to_jsonb(a) FROM accounts a WHERE a.id = $2),
    'guests', (SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') FROM account_guests g WHERE g.account_id = $2),
    'roles', (SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]') FROM memberships m WHERE m.account_id = $2),
    'signIn', jsonb_build_object(
        'passwordChangedAt', (SELECT changed_at FROM passwords WHERE account_id = $2),
        'authenticatorSince', (SELECT confirmed_at FROM authenticators WHERE account_id = $2),
        'recoveryCodesLeft', (SELECT count(*) FROM recovery_codes WHERE account_id = $2 AND used_at IS NULL),
        'passkeys', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                         'name', name, 'createdAt', created_at, 'lastUsedAt', last_used_at)), '[]')
                     FROM passkeys WHERE account_id = $2),
        'outside', (SELECT coalesce(jsonb_agg(to_jsonb(o)), '[]') FROM outside_identities o WHERE o.account_id = $2)),
    'sessions', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.created_at), '[]')
                 FROM sessions s WHERE s.account_id = $2),
    'programs', (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.created_at), '[]')
                 FROM oauth_grants g WHERE g.subject = ANY ($1)),
    'deviceKeys', (SELECT coalesce(jsonb_agg(to_jsonb(k) ORDER BY k.created_at), '[]')
                   FROM device_keys k WHERE k.subject = ANY ($1)),
    'mails', (SELECT coalesce(jsonb_agg(jsonb_build_object('to', recipient, 'writtenAt', created_at)), '[]')
              FROM mails WHERE lower(recipient) = $3),
    'mailedLinks', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                        'to', email, 'purpose', purpose, 'sentAt', created_at, 'usedAt', used_at)), '[]')
                    FROM mail_links WHERE email_key = $3 OR account_id = $2),
    'consents', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.given_at), '[]')
                 FROM consents c WHERE c.subject = ANY ($1)),
    'bookings', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'id', b.id, 'event', e.name, 'startsAt', e.starts_at, 'status', b.status, 'seatNumbers', b.seat_nos,
                     'prices', b.prices, 'orderFee', b.order_fee, 'total', b.total, 'currency', e.currency,
                     'code', (SELECT u.code FROM code_uses u WHERE u.booking_id = b.id), 'heldAt', b.held_at,
                     'closedAt', b.closed_at,
                     'payments', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                      'amount', p.amount, 'currency', p.currency, 'phase', p.phase,
                                      'provider', p.provider, 'reference', p.id, 'token', p.token,
                                      'startedAt', p.started_at)), '[]')
                                  FROM payments p WHERE p.booking_id = b.id)) ORDER BY b.no), '[]')
                 FROM bookings b JOIN events e ON e.id = b.event_id WHERE b.buyer = ANY ($1)),
    'ticketClaims', (SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')
                     FROM ticket_claims t JOIN bookings b ON b.id = t.booking_id WHERE b.buyer = ANY ($1)),
    'ticketsFromOthers', (SELECT coalesce(jsonb_agg(to_jsonb(h)), '[]') FROM ticket_holders h WHERE h.holder = ANY ($1)),
    'ticketsOffered', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'booking', o.booking_id, 'seatNumbers', o.seat_nos, 'to', o.email, 'state', o.state,
                           'at', o.created_at)), '[]') FROM ticket_offers o WHERE o.giver = ANY ($1)),
    'shopping', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'event', s.event_id, 'place', s.place, 'openedAt', s.opened_at, 'endedAt', s.ended_at)), '[]')
                 FROM shopping_sessions s WHERE s.subject = ANY ($1)),
    'waits', (SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY w.no), '[]')
              FROM waitlist_entries w WHERE w.subject = ANY ($1)),
    'contacts', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]')
                 FROM booking_contacts c JOIN bookings b ON b.id = c.booking_id WHERE b.buyer = ANY ($1)),
    'keptAnswers', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', key, 'at', created_at)), '[]')
                    FROM idempotency_keys WHERE owner = ANY ($1)),
    'deeds', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'no', l.no, 'at', l.at, 'action', l.action, 'object', l.object, 'reason', l.reason) ORDER BY l.no), '[]')
              FROM audit_log l WHERE l.actor = ANY ($4::text[])),
    'eventsMade', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name, 'at', e.created_at)), '[]')
                   FROM events e WHERE e.created_by = ANY ($1)),
    'approvals', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'event', a.event_id, 'kind', a.kind, 'proposedAt', a.proposed_at, 'decidedAt', a.decided_at,
                      'decision', a.decision)), '[]')
                  FROM approvals a WHERE a.proposed_by = ANY ($1) OR a.decided_by = ANY ($1)),
    'blocks', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'event', s.event_id, 'at', s.blocked_at, 'reason', s.reason, 'seatNumber', s.seat_no)), '[]')
               FROM seat_blocks s WHERE s.blocked_by = ANY ($4::text[]))
)) AS everything

-- name: pseudonyms_of
SELECT array_agg(pseudonym) FROM pseudonyms WHERE subject = ANY ($1)

-- name: release_holds
SELECT outcome
FROM release_bookings_v1(
    ARRAY(SELECT id FROM bookings WHERE buyer = ANY ($1) AND status = 'HOLD' ORDER BY id),
    ARRAY(SELECT buyer FROM bookings WHERE buyer = ANY ($1) AND status = 'HOLD' ORDER BY id))

-- name: rename_buyer
SELECT rename_buyer_v1($1, $2)

-- name: last_paid
SELECT max(closed_at) FROM bookings WHERE buyer = $1 AND status = 'CONFIRMED'

-- name: forget_account
DELETE FROM accounts WHERE id = $1

-- name: forget_links
DELETE FROM mail_links WHERE email_key = $1

-- name: forget_mails
DELETE FROM mails WHERE lower(recipient) = $1

-- name: forget_contacts
-- And what waits to be mailed there. Of the bookings that already have the name which stands for the person.
WITH gone AS (
    DELETE FROM booking_contacts WHERE booking_id IN (SELECT id FROM bookings WHERE buyer = $1) RETURNING email
)
DELETE FROM mails WHERE lower(recipient) IN (SELECT lower(email) FROM gone)

-- name: forget_in_tickets
-- $2 stands in the person's place; what they offer nobody can take any more, and what waits to be mailed is not.
WITH offers AS (
    UPDATE ticket_offers
    SET giver = CASE WHEN giver = ANY ($1) THEN $2 ELSE giver END,
        taken_by = CASE WHEN taken_by = ANY ($1) THEN $2 ELSE taken_by END,
        email = NULL,
        state = CASE WHEN state = 'open' THEN 'withdrawn' ELSE state END,
        ended_at = coalesce(ended_at, clock_timestamp())
    WHERE giver = ANY ($1) OR taken_by = ANY ($1)
    RETURNING id
)
UPDATE ticket_holders SET holder = $2 WHERE holder = ANY ($1)

-- name: forget_shopping
-- A person stands once in a line, under whichever of their names: the place keeps them apart.
UPDATE shopping_sessions SET subject = $2 || '/' || place WHERE subject = ANY ($1)

-- name: forget_offers_to
UPDATE ticket_offers SET email = NULL WHERE lower(email) = $1

-- name: forget_grants
DELETE FROM oauth_grants WHERE subject = ANY ($1)

-- name: forget_device_keys
DELETE FROM device_keys WHERE subject = ANY ($1)

-- name: forget_answers
DELETE FROM idempotency_keys WHERE owner = ANY ($1)

-- name: forget_in_events
UPDATE events SET created_by = $2, creation_key = NULL WHERE created_by = ANY ($1)

-- name: forget_in_approvals
-- $2 stands in the person's place.
UPDATE approvals
SET proposed_by = CASE WHEN proposed_by = ANY ($1) THEN $2 ELSE proposed_by END,
    decided_by = CASE WHEN decided_by = ANY ($1) THEN $2 ELSE decided_by END
WHERE proposed_by = ANY ($1) OR decided_by = ANY ($1)

-- name: forget_ticket_claims
-- Of the bookings that already have the name which stands for the person.
DELETE FROM ticket_claims WHERE booking_id IN (SELECT id FROM bookings WHERE buyer = $1)

-- name: forget_old_ticket_claims
DELETE FROM ticket_claims c USING events e
WHERE e.id = c.event_id AND e.starts_at < now() - make_interval(days => $1)

-- name: forget_old_waits
DELETE FROM waitlist_entries WHERE ended_at < now() - make_interval(days => $1)

-- name: forget_waits
DELETE FROM waitlist_entries WHERE subject = ANY ($1)

-- name: forget_consents
DELETE FROM consents WHERE subject = ANY ($1)

-- name: forget_pseudonyms
DELETE FROM pseudonyms WHERE subject = ANY ($1)

-- name: note_erasure
INSERT INTO erasures (stands_for, asked_by, bookings, kept_until, kept_by) VALUES ($1, $2, $3, $4, $5)
RETURNING erased_at

-- name: give_consent
INSERT INTO consents (subject, purpose, version) VALUES ($1, $2, $3)
ON CONFLICT (subject, purpose, version) DO UPDATE
SET given_at = CASE WHEN consents.withdrawn_at IS NULL THEN consents.given_at ELSE clock_timestamp() END, withdrawn_at = NULL

-- name: withdraw_consent
UPDATE consents SET withdrawn_at = clock_timestamp()
WHERE subject = $1 AND purpose = $2 AND version = $3 AND withdrawn_at IS NULL

-- name: forget_ended_device_keys
DELETE FROM device_keys WHERE ended_at < now() - make_interval(days => $1)

-- name: forget_withdrawn_consents
DELETE FROM consents WHERE withdrawn_at < now() - make_interval(days => $1)
