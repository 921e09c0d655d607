-- name: events_with_money
SELECT DISTINCT m.event_id FROM money_ledger m WHERE $1::bigint IS NULL OR m.event_id = $1
UNION
SELECT b.event_id FROM bookings b
WHERE b.status IN ('CONFIRMED', 'REFUNDED') AND ($1::bigint IS NULL OR b.event_id = $1)
ORDER BY 1

-- name: count_postings
SELECT count(*) FROM money_ledger WHERE event_id = $1

-- name: check_postings
-- M1: what contradicts itself, the booking it is about, or that booking's event.
SELECT format('posting %s (%s) of booking %s: %s', m.id, m.kind, m.booking_id, CASE
           WHEN NOT balanced(m.amounts) THEN 'debits and credits differ'
           WHEN NOT m.accounts <@ $2::text[] THEN 'an account nobody knows'
           WHEN b.id IS NULL THEN 'there is no such booking'
           WHEN b.event_id <> m.event_id THEN 'the booking is of event ' || b.event_id
           WHEN e.organiser_id <> m.organiser_id THEN 'the event is of organiser ' || e.organiser_id
           ELSE 'the event is sold in ' || e.currency END) AS fault
FROM money_ledger m LEFT JOIN bookings b ON b.id = m.booking_id LEFT JOIN events e ON e.id = b.event_id
WHERE m.event_id = $1
  AND (NOT balanced(m.amounts) OR NOT m.accounts <@ $2 OR b.id IS NULL OR b.event_id <> m.event_id
       OR e.organiser_id <> m.organiser_id OR e.currency <> m.currency)
ORDER BY m.id

-- name: check_sales
-- M2: every paid booking was posted as one sale with its parts, and its buyer owes nothing once the money was taken.
WITH sold AS (
    SELECT b.id, b.total, p.phase, p.amount FROM bookings b JOIN payments p ON p.id = b.payment_id
    WHERE b.event_id = $1 AND b.status IN ('CONFIRMED', 'REFUNDED')
), parts AS (
    SELECT s.booking_id, sum(s.gross) AS gross, sum(s.fee) AS fee, sum(s.tax) AS tax
    FROM booking_split_v1(ARRAY(SELECT id FROM sold)) s GROUP BY s.booking_id
), posted AS (
    SELECT m.booking_id, count(DISTINCT m.id) FILTER (WHERE m.kind = 'sale') AS sales,
           coalesce(sum(a.amount) FILTER (WHERE m.kind = 'sale' AND a.account = 'buyer'), 0) AS total,
           coalesce(-sum(a.amount) FILTER (WHERE m.kind = 'sale' AND a.account = 'fees'), 0) AS fee,
           coalesce(-sum(a.amount) FILTER (WHERE m.kind = 'sale' AND a.account = 'tax'), 0) AS tax,
           coalesce(sum(a.amount) FILTER (WHERE a.account = 'buyer'), 0) AS owed
    FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
    WHERE m.event_id = $1 GROUP BY m.booking_id
)
SELECT format('booking %s: %s', coalesce(s.id, q.booking_id), CASE
           WHEN s.id IS NULL THEN 'sold in the ledger, and not paid'
           WHEN q.sales IS DISTINCT FROM 1 THEN format('%s sales are posted', coalesce(q.sales, 0))
           WHEN (q.total, q.fee, q.tax) IS DISTINCT FROM (s.total, p.fee, p.tax) OR p.gross <> s.total
                THEN 'its sale is not posted as it was sold'
           ELSE format('its buyer''s account stands at %s', q.owed) END) AS fault
FROM sold s
LEFT JOIN parts p ON p.booking_id = s.id
FULL JOIN posted q ON q.booking_id = s.id
WHERE CASE WHEN s.id IS NULL THEN q.sales > 0 OR q.owed <> 0
           ELSE q.sales IS DISTINCT FROM 1 OR (q.total, q.fee, q.tax) IS DISTINCT FROM (s.total, p.fee, p.tax)
                OR p.gross <> s.total
                OR q.owed <> CASE WHEN s.phase = 'authorised' THEN s.amount ELSE 0 END END
ORDER BY 1

-- name: check_providers
-- M3: what providers have of an event is what they took less what they paid back; what is owed back is every open refund.
WITH books AS (
    SELECT m.provider, coalesce(sum(a.amount) FILTER (WHERE a.account <> 'refunds_due'), 0) AS has
    FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
    WHERE m.event_id = $1 AND a.account IN ('provider', 'disputed', 'provider_fees') GROUP BY m.provider
), moved AS (
    SELECT p.provider, sum(p.amount) AS amount FROM payments p JOIN bookings b ON b.id = p.booking_id
    WHERE b.event_id = $1 AND p.phase IN ('captured', 'captured_late') GROUP BY p.provider
    UNION ALL
    SELECT p.provider, -sum(r.amount) FROM refunds r JOIN payments p ON p.id = r.payment_id
    WHERE r.event_id = $1 AND r.phase = 'paid' GROUP BY p.provider
), told AS (
    SELECT provider, sum(amount) AS has FROM moved GROUP BY provider
)
SELECT format('%s has %s in the ledger, payments and refunds say %s', coalesce(b.provider, t.provider), coalesce(b.has, 0),
              coalesce(t.has, 0)) AS fault
FROM books b FULL JOIN told t ON t.provider = b.provider WHERE coalesce(b.has, 0) <> coalesce(t.has, 0)
UNION ALL
SELECT format('%s is owed back in the ledger, refunds say %s', owed.posted, owed.open)
FROM (SELECT (SELECT coalesce(-sum(a.amount), 0)
              FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
              WHERE m.event_id = $1 AND a.account = 'refunds_due') AS posted,
             (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.event_id = $1 AND r.phase <> 'paid') AS open) owed
WHERE owed.posted <> owed.open

-- name: check_payments
-- M4: every payment that was taken is of one paid booking, or all of it goes back; and it is posted once, as it was taken.
SELECT format('payment %s of booking %s (%s): %s', p.id, b.id, p.phase, CASE
           WHEN p.phase = 'captured' AND (b.payment_id IS DISTINCT FROM p.id OR b.status NOT IN ('CONFIRMED', 'REFUNDED'))
                THEN 'it paid nothing'
           WHEN p.phase = 'captured_late' AND (late.refunds <> 1 OR late.amount <> p.amount) THEN 'it is not paid back'
           WHEN p.currency <> e.currency THEN 'the event is sold in ' || e.currency
           ELSE 'it is not posted as it was taken' END) AS fault
FROM bookings b
JOIN events e ON e.id = b.event_id
JOIN payments p ON p.booking_id = b.id
CROSS JOIN LATERAL (SELECT count(*) AS refunds, coalesce(sum(r.amount), 0) AS amount
                    FROM refunds r WHERE r.payment_id = p.id AND r.kind = 'late_payment') late
CROSS JOIN LATERAL (SELECT count(*) AS times, coalesce(sum(a.amount), 0) AS amount,
                           coalesce(bool_and(m.kind = CASE p.phase WHEN 'captured' THEN 'capture' ELSE 'late_capture' END
                                             AND m.provider = p.provider AND m.currency = p.currency), true) AS alike
                    FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
                    WHERE m.booking_id = b.id AND m.payment_id = p.id AND m.kind IN ('capture', 'late_capture')
                      AND a.account = 'provider') posted
WHERE b.event_id = $1
  AND CASE WHEN p.phase IN ('captured', 'captured_late')
           THEN posted.times <> 1 OR posted.amount <> p.amount OR NOT posted.alike OR p.currency <> e.currency
                OR (p.phase = 'captured'
                    AND (b.payment_id IS DISTINCT FROM p.id OR b.status NOT IN ('CONFIRMED', 'REFUNDED')))
                OR (p.phase = 'captured_late' AND (late.refunds <> 1 OR late.amount <> p.amount))
           ELSE posted.times <> 0 END
ORDER BY p.id

-- name: count_payments
SELECT count(*) FROM payments p JOIN bookings b ON b.id = p.booking_id WHERE b.event_id = $1

-- name: check_refunds
-- M5: nothing goes back that was not taken; each wish to be paid back is posted as it was written, each refund as it was paid.
SELECT format('payment %s: %s of %s go back', p.id, sum(r.amount), p.amount) AS fault
FROM refunds r JOIN payments p ON p.id = r.payment_id
WHERE r.event_id = $1
GROUP BY p.id HAVING sum(r.amount) > CASE WHEN p.phase IN ('captured', 'captured_late') THEN p.amount ELSE 0 END
UNION ALL
SELECT format('wish %s: %s goes back, the ledger says %s', w.request_id, w.amount, coalesce(q.amount, 0))
FROM (SELECT r.request_id, r.booking_id, r.kind, sum(r.amount) AS amount, count(DISTINCT r.currency) AS currencies
      FROM refunds r WHERE r.event_id = $1 GROUP BY r.request_id, r.booking_id, r.kind) w
LEFT JOIN LATERAL (
    SELECT -sum(a.amount) AS amount
    FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
    WHERE m.event_id = $1 AND m.booking_id = w.booking_id AND a.account = 'refunds_due'
      AND CASE WHEN w.kind = 'late_payment' THEN m.kind = 'late_capture' AND m.payment_id = w.request_id
               ELSE m.kind = 'refund' AND m.refund_id = w.request_id END
) q ON true
WHERE w.amount <> coalesce(q.amount, 0) OR w.currencies <> 1
UNION ALL
SELECT format('refund %s is %s, and %s is posted as paid', r.id, r.phase, coalesce(q.amount, 0))
FROM refunds r
LEFT JOIN LATERAL (
    SELECT sum(a.amount) AS amount
    FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
    WHERE m.event_id = $1 AND m.kind = 'refund_paid' AND m.refund_id = r.id AND m.payment_id = r.payment_id
      AND m.booking_id = r.booking_id AND m.currency = r.currency AND a.account = 'refunds_due'
) q ON true
WHERE r.event_id = $1 AND coalesce(q.amount, 0) <> CASE WHEN r.phase = 'paid' THEN r.amount ELSE 0 END
UNION ALL
SELECT format('booking %s gave back seats %s, its refunds say %s', b.id, b.returned_seat_nos, coalesce(q.seat_nos, '{}'))
FROM bookings b
LEFT JOIN LATERAL (
    SELECT array_agg(w.n ORDER BY w.n) AS seat_nos
    FROM (SELECT DISTINCT r.request_id, n FROM refunds r CROSS JOIN unnest(r.seat_nos) AS n WHERE r.booking_id = b.id) w
) q ON true
WHERE b.event_id = $1 AND (b.returned_seat_nos <> '{}' OR q.seat_nos IS NOT NULL)
  AND ARRAY(SELECT n FROM unnest(b.returned_seat_nos) AS n ORDER BY n) <> coalesce(q.seat_nos, '{}')

-- name: count_refunds
SELECT count(*) FROM refunds WHERE event_id = $1

-- name: seal_money
SELECT seal_money_v1($1)

-- name: seals
SELECT no, ids::text AS ids, rows, prev_hash, hash, money_seal_hash_v1(no, ids, prev_hash) AS found,
       (SELECT count(*) FROM unnest(ids) AS piece JOIN money_ledger m ON m.id >= lower(piece) AND m.id < upper(piece)) AS there
FROM money_seals ORDER BY no

-- name: unsealed_postings
-- Numbered before the end of the last seal, in no seal, and not among those that may still come.
SELECT format('posting %s is in no seal', m.id) AS fault
FROM money_ledger m, (SELECT upto, holes FROM money_seals ORDER BY no DESC LIMIT 1) s
WHERE m.id <= s.upto AND NOT m.id <@ s.holes
  AND NOT m.id <@ (SELECT range_agg(piece) FROM money_seals e CROSS JOIN unnest(e.ids) AS piece)
ORDER BY m.id

-- name: our_movements
-- What we know of a provider's money that moved in a time.
SELECT CASE m.kind WHEN 'refund_paid' THEN 'refund' WHEN 'dispute' THEN 'dispute' ELSE 'charge' END AS kind,
       coalesce(m.refund_id, m.payment_id)::text AS key, abs(a.amount) AS amount, m.currency::text, m.at,
       m.booking_id::text AS reference
FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
WHERE m.provider = $1 AND m.kind IN ('capture', 'late_capture', 'refund_paid', 'dispute') AND a.account = 'provider'
  AND a.amount <> 0 AND m.at >= $2 AND m.at < $3

-- name: our_movements_of
-- The same of payments and refunds by their keys, whenever it was.
SELECT CASE m.kind WHEN 'refund_paid' THEN 'refund' WHEN 'dispute' THEN 'dispute' ELSE 'charge' END AS kind,
       coalesce(m.refund_id, m.payment_id)::text AS key, abs(a.amount) AS amount, m.currency::text, m.at,
       m.booking_id::text AS reference
FROM money_ledger m CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
WHERE m.provider = $1 AND m.kind IN ('capture', 'late_capture', 'refund_paid', 'dispute') AND a.account = 'provider'
  AND a.amount <> 0 AND (m.refund_id::text = ANY ($2) OR (m.refund_id IS NULL AND m.payment_id::text = ANY ($2)))

-- name: keep_statement
INSERT INTO money_statements (provider, day, agrees, report) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT (provider, day) DO UPDATE
SET agrees = excluded.agrees, report = excluded.report, made_at = clock_timestamp()

-- name: statements
SELECT report::text FROM money_statements WHERE day BETWEEN $1 AND $2 ORDER BY day DESC, provider

-- name: facts_to_print
-- Posted sales (of the bookings $1, $2 and $3 full of nulls), or posted refunds $2 with the seats $3 that were given back
-- (each a JSON list, for lists in a list must have one length), with all that stands on their papers.
SELECT b.id AS booking_id, wanted.refund_id, e.organiser_id, b.no, e.plan_id, e.name AS event_name, e.starts_at, e.timezone,
       e.currency, v.name AS venue, v.city, coalesce(o.legal_name, g.name) AS seller, coalesce(o.address, '') AS address,
       coalesce(o.tax_id, '') AS tax_id,
       coalesce((SELECT a.language FROM accounts a WHERE a.subject = b.buyer),
                (SELECT c.language FROM booking_contacts c WHERE c.booking_id = b.id), 'en') AS language,
       l.seat_nos, l.tiers, l.prices, posted.total, posted.fees, posted.tax
FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[]) AS wanted(booking_id, refund_id, seat_nos)
JOIN bookings b ON b.id = wanted.booking_id
JOIN money_ledger m ON m.booking_id = b.id
 AND CASE WHEN wanted.refund_id IS NULL THEN m.kind = 'sale' ELSE m.kind = 'refund' AND m.refund_id = wanted.refund_id END
JOIN events e ON e.id = b.event_id
JOIN venues v ON v.id = e.venue_id
JOIN organisers g ON g.id = e.organiser_id
LEFT JOIN organiser_papers o ON o.organiser_id = e.organiser_id
CROSS JOIN LATERAL (
    SELECT array_agg(u.seat_no ORDER BY u.place) AS seat_nos, array_agg(t.name ORDER BY u.place) AS tiers,
           array_agg(u.price ORDER BY u.place) AS prices
    FROM unnest(b.seat_nos, b.tier_nos, b.prices) WITH ORDINALITY AS u(seat_no, tier_no, price, place)
    JOIN price_tiers t ON t.event_id = b.event_id AND t.tier_no = u.tier_no
    WHERE wanted.seat_nos IS NULL OR wanted.seat_nos @> to_jsonb(u.seat_no)
) l
CROSS JOIN LATERAL (
    SELECT abs(sum(a.amount))::bigint AS total,
           coalesce(abs(sum(a.amount) FILTER (WHERE a.account = 'fees')), 0)::bigint AS fees,
           coalesce(abs(sum(a.amount) FILTER (WHERE a.account = 'tax')), 0)::bigint AS tax
    FROM unnest(m.accounts, m.amounts) AS a(account, amount) WHERE a.account IN ('organiser', 'fees', 'tax')
) posted

-- name: issue_documents
SELECT booking_id, organiser_id, number FROM issue_documents_v1($1, $2, $3, $4, $5::jsonb[])

-- name: documents_of_booking
SELECT organiser_id, series, number, booking_id, issued_at, facts::text FROM documents WHERE booking_id = $1
ORDER BY series DESC, number

-- name: documents_of_organiser
-- Newest first, those issued from $2 on and before $3.
SELECT organiser_id, series, number, booking_id, issued_at, facts::text FROM documents
WHERE organiser_id = $1 AND issued_at >= $2 AND issued_at < $3 ORDER BY issued_at DESC, number DESC LIMIT $4

-- name: set_organiser_papers
INSERT INTO organiser_papers (organiser_id, legal_name, address, tax_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (organiser_id) DO UPDATE
SET legal_name = excluded.legal_name, address = excluded.address, tax_id = excluded.tax_id

-- name: payout
-- What an organiser is owed for the postings of a time, event by event: debits and credits of each account as they stand.
SELECT m.event_id, e.name, e.starts_at, m.currency::text,
       coalesce(sum(a.amount) FILTER (WHERE m.kind = 'sale' AND a.account = 'buyer'), 0)::bigint AS sales,
       coalesce(-sum(a.amount) FILTER (WHERE a.account = 'fees'), 0)::bigint AS fees,
       coalesce(-sum(a.amount) FILTER (WHERE a.account = 'tax'), 0)::bigint AS tax,
       coalesce(sum(a.amount) FILTER (WHERE m.kind = 'refund' AND a.account IN ('organiser', 'fees', 'tax')), 0)::bigint
           AS refunds,
       coalesce(sum(a.amount) FILTER (WHERE a.account = 'disputed'), 0)::bigint AS disputes,
       coalesce(sum(a.amount) FILTER (WHERE a.account = 'provider_fees'), 0)::bigint AS provider_fees,
       coalesce(-sum(a.amount) FILTER (WHERE a.account = 'organiser'), 0)::bigint AS organiser
FROM money_ledger m
JOIN events e ON e.id = m.event_id
CROSS JOIN unnest(m.accounts, m.amounts) AS a(account, amount)
WHERE m.organiser_id = $1 AND m.at >= $2 AND m.at < $3
GROUP BY m.event_id, e.name, e.starts_at, m.currency
ORDER BY m.currency, e.starts_at, m.event_id
