-- name: start_payment
-- The row stands before the provider hears of it. A repeat finds the row of the first try.
INSERT INTO payments (id, booking_id, provider, provider_key, token, amount, currency)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING

-- name: note_phase
-- Forward only: a path that comes late never takes back what another has noted. Answers the phase that stands now; one
-- UPDATE that always finds its row, because a SELECT beside it would not see what another path has just committed.
UPDATE payments
SET phase = CASE WHEN phase = ANY ($5::text[]) THEN $2 ELSE phase END,
    next_action_url = CASE WHEN phase = ANY ($5::text[]) THEN $3 ELSE next_action_url END,
    decline_reason = CASE WHEN phase = ANY ($5::text[]) THEN $4 ELSE decline_reason END,
    updated_at = CASE WHEN phase = ANY ($5::text[]) THEN clock_timestamp() ELSE updated_at END
WHERE id = $1
RETURNING phase

-- name: find_payment
SELECT id, booking_id, provider_key, token, amount, currency, phase, next_action_url, decline_reason
FROM payments WHERE id = $1

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
INSERT INTO mock_charges (provider_key, token, amount, currency, state) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (provider_key) DO NOTHING

-- name: mock_find
SELECT state, token, amount, currency FROM mock_charges WHERE provider_key = $1

-- name: mock_move
UPDATE mock_charges SET state = $2 WHERE provider_key = $1 AND state = ANY ($3::text[]) RETURNING state
