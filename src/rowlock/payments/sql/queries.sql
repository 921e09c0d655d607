-- name: find_payments
SELECT id, booking_id, token, amount, currency, phase, next_action_url, decline_reason, provider, provider_ref,
       extract(epoch FROM clock_timestamp() - started_at)::float8 AS bound_seconds
FROM payments WHERE id = ANY ($1)

-- name: note_challenges
-- The buyer must act at the provider first. Forward only: what has been settled meanwhile stays.
UPDATE payments p
SET phase = 'challenged', next_action_url = c.url, provider_ref = coalesce(c.ref, p.provider_ref),
    updated_at = clock_timestamp()
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS c(id, url, ref)
WHERE p.id = c.id AND p.phase IN ('authorising', 'challenged')

-- name: note_captures
-- The provider has the money of bookings that are confirmed; posted in the same statement, once.
WITH captured AS (
    UPDATE payments SET phase = 'captured', updated_at = clock_timestamp()
    WHERE id = ANY ($1) AND phase = 'authorised'
    RETURNING id, booking_id, provider, amount, currency
)
INSERT INTO money_ledger (kind, organiser_id, event_id, booking_id, payment_id, provider, currency, accounts, amounts)
SELECT 'capture', e.organiser_id, e.id, c.booking_id, c.id, c.provider, c.currency,
       ARRAY['provider', 'buyer'], ARRAY[c.amount, -c.amount]
FROM captured c JOIN bookings b ON b.id = c.booking_id JOIN events e ON e.id = b.event_id
ON CONFLICT (booking_id, kind, payment_id, refund_id) DO NOTHING

-- name: take_open_payments
-- Payments nobody has heard of for a while: their outcome is asked of the provider, by one worker at a time; the longer
-- one is under way, the longer the pauses, up to a minute.
UPDATE payments p SET updated_at = clock_timestamp()
FROM bookings b
WHERE b.id = p.booking_id AND p.id IN (
    SELECT id FROM payments
    WHERE phase IN ('authorising', 'challenged', 'authorised', 'abandoned')
      AND updated_at < clock_timestamp() - make_interval(secs => $1)
      AND updated_at < clock_timestamp() - least((updated_at - started_at) / 10, interval '1 minute')
    ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING p.id, p.booking_id, p.phase, b.event_id,
          extract(epoch FROM clock_timestamp() - p.started_at)::float8 AS bound_seconds

-- name: retake_booking
SELECT retake_booking_v1($1, $2, $3, $4)

-- name: lapse_payment
SELECT lapse_payment_v1($1, $2)

-- name: return_seats
SELECT outcome, amount FROM return_seats_v1($1, $2, $3, $4, $5, $6, $7, $8) ORDER BY ord

-- name: note_exchange
SELECT outcome, due, back FROM note_exchange_v1($1, $2, $3, $4, $5)

-- name: refunds_of_booking
-- A wish may be paid back from several payments: it is paid when all of them are.
SELECT request_id, kind, seat_nos, sum(amount)::bigint AS amount, currency, min(created_at) AS asked_at,
       CASE WHEN bool_or(phase = 'failed') THEN 'failed' WHEN bool_and(phase = 'paid') THEN 'paid' ELSE 'due' END AS state
FROM refunds WHERE booking_id = $1
GROUP BY request_id, kind, seat_nos, currency ORDER BY asked_at, request_id

-- name: begin_refund_run
-- Nothing when the event is not called off; a run that stands goes on as it is.
INSERT INTO refund_runs (event_id, bookings, asked_by, reason)
SELECT e.id, (SELECT count(DISTINCT booking_id) FROM seats WHERE event_id = e.id AND state = 2), $2, $3
FROM events e WHERE e.id = $1 AND e.cancelled
ON CONFLICT (event_id) DO UPDATE SET ended_at = NULL
RETURNING event_id

-- name: refund_run
SELECT r.event_id, r.bookings, r.reason, r.started_at, r.ended_at,
       (SELECT count(*) FROM refunds f WHERE f.event_id = r.event_id AND f.kind = 'event_cancelled') AS asked,
       (SELECT count(*) FROM refunds f
        WHERE f.event_id = r.event_id AND f.kind = 'event_cancelled' AND f.phase = 'paid') AS paid,
       (SELECT count(*) FROM refunds f
        WHERE f.event_id = r.event_id AND f.kind = 'event_cancelled' AND f.phase = 'failed') AS failed,
       (SELECT coalesce(sum(f.amount), 0)::bigint FROM refunds f
        WHERE f.event_id = r.event_id AND f.kind = 'event_cancelled') AS amount,
       e.currency
FROM refund_runs r JOIN events e ON e.id = r.event_id WHERE r.event_id = $1

-- name: take_refund_run
-- One that is not over, by one worker at a time; the lock goes with the transaction.
SELECT event_id, asked_by, reason FROM refund_runs
WHERE ended_at IS NULL AND event_id > $1 ORDER BY event_id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: bookings_to_refund
SELECT DISTINCT s.booking_id AS id, b.buyer FROM seats s JOIN bookings b ON b.id = s.booking_id
WHERE s.event_id = $1 AND s.state = 2 LIMIT $2

-- name: end_refund_run
-- Over when nobody has a seat any more, and nobody is about to.
UPDATE refund_runs SET ended_at = clock_timestamp()
WHERE event_id = $1 AND NOT EXISTS (SELECT 1 FROM seats WHERE event_id = $1 AND state IN (1, 2))

-- name: take_due_refunds
-- Refunds that the provider is to hear of now, each by one worker; soon again should nobody answer.
UPDATE refunds r
SET phase = 'sent', tries = r.tries + 1, updated_at = clock_timestamp(),
    next_try_at = clock_timestamp() + make_interval(secs => $2)
FROM payments p
WHERE p.id = r.payment_id AND r.id IN (
    SELECT id FROM refunds WHERE phase IN ('due', 'sent') AND next_try_at <= clock_timestamp()
    ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING r.id, r.amount, r.provider_ref, r.payment_id

-- name: note_refund_paid
-- Posted in the same statement, once.
WITH paid AS (
    UPDATE refunds SET phase = 'paid', provider_ref = coalesce($2, provider_ref), failure = NULL,
                       updated_at = clock_timestamp()
    WHERE id = $1 AND phase IN ('due', 'sent')
    RETURNING id, booking_id, payment_id, event_id, amount, currency
)
INSERT INTO money_ledger (kind, organiser_id, event_id, booking_id, payment_id, refund_id, provider, currency,
                          accounts, amounts)
SELECT 'refund_paid', e.organiser_id, e.id, r.booking_id, r.payment_id, r.id, p.provider, r.currency,
       ARRAY['refunds_due', 'provider'], ARRAY[r.amount, -r.amount]
FROM paid r JOIN payments p ON p.id = r.payment_id JOIN events e ON e.id = r.event_id
ON CONFLICT (booking_id, kind, payment_id, refund_id) DO NOTHING

-- name: note_refund
-- What the provider said of a refund that is not paid: failed for good, or not done yet. The older it is, the later it is
-- asked about again; at once if a webhook told of it while it was being asked about.
UPDATE refunds
SET phase = $2, provider_ref = coalesce($3, provider_ref), failure = $4, updated_at = clock_timestamp(),
    next_try_at = CASE WHEN next_try_at <= clock_timestamp() THEN next_try_at ELSE clock_timestamp()
        + least(greatest(make_interval(secs => $5), (clock_timestamp() - created_at) / 4), make_interval(secs => $6)) END
WHERE id = $1 AND phase IN ('due', 'sent')

-- name: mock_authorise
WITH charged AS (
    INSERT INTO mock_charges (provider_key, token, amount, currency, state)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
    ON CONFLICT (provider_key) DO NOTHING
    RETURNING provider_key, token, state, amount, currency
)
SELECT * FROM charged
UNION ALL
SELECT provider_key, token, state, amount, currency FROM mock_charges WHERE provider_key = ANY ($1)

-- name: mock_find
SELECT provider_key, token, state, amount, currency FROM mock_charges WHERE provider_key = ANY ($1)

-- name: mock_move
UPDATE mock_charges m
SET state = CASE WHEN m.state = ANY (string_to_array(c.earlier, ',')) THEN c.state ELSE m.state END,
    captured_at = CASE WHEN c.state = 'captured' AND m.state = ANY (string_to_array(c.earlier, ','))
                       THEN clock_timestamp() ELSE m.captured_at END
FROM unnest($1::text[], $2::text[], $3::text[]) AS c(provider_key, state, earlier)
WHERE m.provider_key = c.provider_key
RETURNING m.provider_key, m.token, m.state, m.amount, m.currency

-- name: mock_refund
-- No row when less than that is left of the charge; a repeat finds the refund it made before.
WITH charge AS (
    SELECT provider_key, amount FROM mock_charges WHERE provider_key = $2 AND state = 'captured' FOR UPDATE
), refunded AS (
    INSERT INTO mock_refunds (refund_key, provider_key, amount, currency)
    SELECT $1, provider_key, $3::bigint, $4 FROM charge c
    WHERE $3::bigint + (SELECT coalesce(sum(r.amount), 0) FROM mock_refunds r WHERE r.provider_key = c.provider_key) <= c.amount
    ON CONFLICT DO NOTHING
    RETURNING refund_key
)
SELECT refund_key FROM refunded UNION ALL SELECT refund_key FROM mock_refunds WHERE refund_key = $1

-- name: mock_statement
SELECT 'charge' AS kind, provider_key AS key, amount, currency, captured_at AS at
FROM mock_charges WHERE captured_at >= $1 AND captured_at < $2
UNION ALL
SELECT 'refund', refund_key, amount, currency, created_at FROM mock_refunds WHERE created_at >= $1 AND created_at < $2
