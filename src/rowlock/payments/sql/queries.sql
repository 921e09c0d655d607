-- name: start_payments
-- The rows stand before the provider hears of them; a repeat finds the row of the first try. One that would be a second
-- live payment of its booking is not written and not told of.
WITH started AS (
    INSERT INTO payments (id, booking_id, provider, token, amount, currency)
    SELECT id, booking_id, $3, token, amount, currency
    FROM unnest($1::uuid[], $2::uuid[], $4::text[], $5::bigint[], $6::text[])
         AS c(id, booking_id, token, amount, currency)
    ON CONFLICT DO NOTHING
    RETURNING id, booking_id, token, amount, currency, phase, next_action_url, decline_reason
)
SELECT * FROM started
UNION ALL
SELECT id, booking_id, token, amount, currency, phase, next_action_url, decline_reason
FROM payments WHERE id = ANY ($1)

-- name: note_phases
-- Forward only: a path that comes late never takes back what another has noted. Answers the phase that stands now; an
-- UPDATE that always finds its row, because a SELECT beside it would not see what another path has just committed.
UPDATE payments p
SET phase = CASE WHEN p.phase = ANY (string_to_array(c.earlier, ',')) THEN c.phase ELSE p.phase END,
    next_action_url = CASE WHEN p.phase = ANY (string_to_array(c.earlier, ',')) THEN c.url ELSE p.next_action_url END,
    decline_reason = CASE WHEN p.phase = ANY (string_to_array(c.earlier, ',')) THEN c.reason ELSE p.decline_reason END,
    updated_at = CASE WHEN p.phase = ANY (string_to_array(c.earlier, ',')) THEN clock_timestamp() ELSE p.updated_at END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) AS c(id, phase, url, reason, earlier)
WHERE p.id = c.id
RETURNING p.id, p.phase

-- name: find_payments
SELECT id, booking_id, token, amount, currency, phase, next_action_url, decline_reason
FROM payments WHERE id = ANY ($1)

-- name: open_payments
-- Payments nobody has heard of for a while: their outcome is asked of the provider.
SELECT p.id, p.booking_id, p.phase, b.event_id, p.started_at < clock_timestamp() - make_interval(secs => $3) AS abandoned
FROM payments p JOIN bookings b ON b.id = p.booking_id
WHERE p.phase IN ('authorising', 'challenged', 'authorised')
  AND p.updated_at < clock_timestamp() - make_interval(secs => $1)
ORDER BY p.updated_at LIMIT $2

-- name: bookings_without_payment
-- Bound to a payment that was never written down or has failed: a process died between two steps. Nothing is owed.
SELECT b.id AS booking_id, b.event_id, b.payment_id
FROM bookings b
WHERE b.status = 'PAYMENT_PENDING'
  AND NOT EXISTS (SELECT 1 FROM payments p
                  WHERE p.id = b.payment_id AND p.phase NOT IN ('declined', 'voided'))
  AND b.hold_expires_at < clock_timestamp()

-- name: mock_authorise
WITH charged AS (
    INSERT INTO mock_charges (provider_key, token, amount, currency, state)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
    ON CONFLICT (provider_key) DO NOTHING
    RETURNING provider_key, token, state
)
SELECT * FROM charged
UNION ALL
SELECT provider_key, token, state FROM mock_charges WHERE provider_key = ANY ($1)

-- name: mock_find
SELECT provider_key, token, state FROM mock_charges WHERE provider_key = ANY ($1)

-- name: mock_move
UPDATE mock_charges m
SET state = CASE WHEN m.state = ANY (string_to_array(c.earlier, ',')) THEN c.state ELSE m.state END
FROM unnest($1::text[], $2::text[], $3::text[]) AS c(provider_key, state, earlier)
WHERE m.provider_key = c.provider_key
RETURNING m.provider_key, m.token, m.state
