-- name: take_in
-- An event is taken in once, whoever delivers it how often; no row for the second time.
INSERT INTO provider_notices (provider, event_id, kind, key, ref, payment_ref, amount, currency)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (provider, event_id) DO NOTHING
RETURNING event_id

-- name: note_outcome
UPDATE provider_notices SET outcome = $3, done_at = clock_timestamp() WHERE provider = $1 AND event_id = $2

-- name: undone
-- What was taken in but not acted on: its process died, or the provider did not answer. One worker at a time takes each.
UPDATE provider_notices SET taken_at = clock_timestamp()
WHERE (provider, event_id) IN (
    SELECT provider, event_id FROM provider_notices
    WHERE done_at IS NULL AND taken_at < clock_timestamp() - make_interval(secs => $1)
    ORDER BY taken_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING provider, event_id, kind, key, ref, payment_ref, amount, currency

-- name: payment_of
-- The payment that a notice is about: by our key, else by the provider's name of it.
SELECT id, booking_id, amount, currency FROM payments
WHERE provider = $1 AND (id = $2 OR ($2::uuid IS NULL AND provider_ref = $3)) LIMIT 1

-- name: hurry_refund
-- A refund of ours has moved at the provider: ask about it now.
UPDATE refunds r SET next_try_at = clock_timestamp()
FROM payments p
WHERE r.id = $1 AND p.id = r.payment_id AND p.provider = $2 AND r.phase IN ('due', 'sent')
RETURNING r.id

-- name: is_refund
SELECT r.amount, r.currency FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = $1 AND p.provider = $2

-- name: post_money
SELECT post_money_v1($1, $2, $3, $4, $5, $6, $7)

-- name: forget_old_notices
DELETE FROM provider_notices WHERE done_at < clock_timestamp() - make_interval(days => $1)
