-- name: hold_seats
SELECT outcome, booking_no, held_at, expires_at, seat_nos, tier_nos, prices, conflicts, on_sale_at, price_list,
       order_fee
FROM hold_seats_v1($1, $2, $3, $4, $5, $6, $7) ORDER BY ord

-- name: judge_holds
SELECT outcome, conflicts, versions FROM judge_holds_v1($1, $2, $3, $4, $5, $6, $7)

-- name: hold_unchanged_seats
SELECT outcome, booking_no, held_at, expires_at, seat_nos, tier_nos, prices, conflicts, on_sale_at, price_list,
       order_fee
FROM hold_unchanged_seats_v1($1, $2, $3, $4, $5, $6, $7, $8)

-- name: lease_terms
-- A lease is worth keeping while its booking may still be given back; a confirmed seat is never free again by itself.
SELECT id, event_id, seat_nos,
       CASE WHEN status = 'HOLD' THEN greatest(extract(epoch FROM hold_expires_at - hold_now_v1(hold_expires_at, now())), 0)
            WHEN status = 'PAYMENT_PENDING' THEN hold_seconds
            ELSE 0 END::double precision AS seconds
FROM bookings WHERE id = ANY ($1)

-- name: begin_choice
SELECT begin_choice_v1($1, $2, $3, $4, $5, $6, $7, $8)

-- name: hold_chosen_seats
SELECT outcome, booking_no, held_at, expires_at, seat_nos, tier_nos, prices, conflicts, on_sale_at, price_list,
       order_fee
FROM hold_seats_v1($1, $2, $3, $4, $5, $6, $7, $8) ORDER BY ord

-- name: offer_substitutes
SELECT expires_at FROM offer_substitutes_v1($1, $2, $3, $4, $5, $6)

-- name: accept_substitutes
SELECT outcome FROM accept_substitutes_v1($1, $2)

-- name: shorten_holds
SELECT expires_at FROM shorten_holds_v1($1, $2)

-- name: pick_rules
-- Events whose picks go by a rule: no single seats left (no number), or so many tickets a person.
SELECT event_id, NULL::int AS tickets_per_person_max FROM event_inventory
WHERE no_orphan_seats AND sale_ends_at > clock_timestamp()
UNION ALL
SELECT event_id, tickets_per_person_max FROM event_inventory
WHERE tickets_per_person_max IS NOT NULL AND sale_ends_at > clock_timestamp()

-- name: claim_tickets
SELECT claim_tickets_v1($1, $2)

-- name: tickets_of_buyer
-- How many seats of an event a buyer has, holds or is paying for, beside one booking.
SELECT coalesce(sum(cardinality(seat_nos) - cardinality(returned_seat_nos)), 0)::int FROM bookings
WHERE buyer = $1 AND event_id = $2 AND id <> $3
  AND (status IN ('PAYMENT_PENDING', 'CONFIRMED') OR (status = 'HOLD' AND hold_expires_at > clock_timestamp()))

-- name: exact_picture
-- One statement, so seats and position are of one moment. Ends are microseconds since 1970, null while a payment binds.
SELECT i.epoch, i.seq, s.states, s.held_nos, s.held_ends
FROM event_inventory i CROSS JOIN LATERAL (
    SELECT array_agg(s.state ORDER BY s.seat_no) AS states,
           array_agg(s.seat_no ORDER BY s.seat_no) FILTER (WHERE s.state = 1) AS held_nos,
           array_agg(CASE WHEN isfinite(s.hold_expires_at)
                          THEN (extract(epoch FROM s.hold_expires_at) * 1000000)::bigint END
                     ORDER BY s.seat_no) FILTER (WHERE s.state = 1) AS held_ends
    FROM seats s WHERE s.event_id = i.event_id
) s
WHERE i.event_id = $1

-- name: hold_with_codes
SELECT outcome, booking_no, held_at, expires_at, seat_nos, tier_nos, prices, conflicts, on_sale_at, price_list,
       order_fee
FROM hold_with_codes_v1($1, $2, $3, $4, $5, $6, $7, $8)

-- name: reprice_hold
SELECT reprice_hold_v1($1, $2, $3, $4, $5, $6, $7, $8)

-- name: restore_prices
SELECT restore_prices_v1($1, $2)

-- name: extend_holds
SELECT outcome FROM extend_holds_v1($1, $2, $3)

-- name: release_bookings
SELECT outcome FROM release_bookings_v1($1, $2)

-- name: begin_payments
SELECT outcome, cooling_seconds, id, booking_id, token, amount, currency, phase, next_action_url, decline_reason,
       provider, provider_ref, bound_seconds
FROM begin_payments_v2($1, $2, $3, $4, $5, $6, $7)

-- name: settle_payments
SELECT outcome FROM settle_payments_v2($1, $2, $3, $4, $5)

-- name: expire_holds
SELECT expired, events, next_in_seconds FROM expire_holds_v1($1)

-- name: block_seats
SELECT outcome, blocked_at, conflicts FROM block_seats_v1($1, $2, $3, $4, $5, $6, $7, $8)

-- name: unblock_seats
SELECT outcome FROM unblock_seats_v1($1, $2, $3, $4, $5, $6, $7)

-- name: seat_blocks
SELECT block_id, kind, reason, blocked_by, blocked_at, array_agg(seat_no ORDER BY seat_no) AS seat_nos
FROM seat_blocks WHERE event_id = $1 AND ($2::uuid IS NULL OR block_id = $2)
GROUP BY block_id, kind, reason, blocked_by, blocked_at ORDER BY blocked_at, block_id

-- name: seats_of_block
SELECT seat_no FROM seat_blocks WHERE event_id = $1 AND block_id = $2
UNION SELECT seat_no FROM unlocked_seats WHERE event_id = $1 AND block_id = $2 ORDER BY 1

-- name: open_sale
SELECT open_sale_v1($1, $2, $3, $4, $5, $6)

-- name: stop_clock
SELECT outcome, holds FROM stop_clock_v1($1)

-- name: start_clock
SELECT outcome, holds FROM start_clock_v1($1)

-- name: clock_of
SELECT e.organiser_id, i.clock_stopped_at FROM events e JOIN event_inventory i ON i.event_id = e.id WHERE e.id = $1

-- name: watch_clock
INSERT INTO sale_beats (event_id) VALUES ($1) ON CONFLICT (event_id) DO NOTHING

-- name: leave_clock
DELETE FROM sale_beats WHERE event_id = $1

-- name: beat_clocks
SELECT event_id FROM beat_clocks_v1() AS late(event_id)

-- name: snapshot
-- One statement, so seats and position are of one moment. Ends are microseconds since 1970, null while a payment binds.
SELECT i.epoch, i.seq, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us,
       i.clock_stopped_at IS NOT NULL AS clock_stopped, s.states, s.tier_nos, s.held_nos, s.held_ends
FROM event_inventory i CROSS JOIN LATERAL (
    SELECT array_agg(s.state ORDER BY s.seat_no) AS states, array_agg(s.tier_no ORDER BY s.seat_no) AS tier_nos,
           array_agg(s.seat_no ORDER BY s.seat_no) FILTER (WHERE s.state = 1) AS held_nos,
           array_agg(CASE WHEN isfinite(s.hold_expires_at)
                          THEN (extract(epoch FROM s.hold_expires_at) * 1000000)::bigint END
                     ORDER BY s.seat_no) FILTER (WHERE s.state = 1) AS held_ends
    FROM seats s WHERE s.event_id = i.event_id
) s
WHERE i.event_id = $1

-- name: ledgers_since
-- Of each event its position now and the ledger rows after the one given; no rows when there are more than $3.
SELECT i.event_id, i.epoch, i.seq, k.seq AS since, i.clock_stopped_at IS NOT NULL AS clock_stopped,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us,
       (SELECT array_agg(l.changes ORDER BY l.seq) FROM seat_ledger l
        WHERE l.event_id = i.event_id AND l.seq > k.seq AND l.seq <= i.seq AND i.seq - k.seq <= $3) AS changes
FROM unnest($1::bigint[], $2::bigint[]) AS k(event_id, seq)
JOIN event_inventory i ON i.event_id = k.event_id

-- name: ledger_end
SELECT epoch, seq, seat_count, clock_stopped_at IS NOT NULL AS clock_stopped FROM event_inventory WHERE event_id = $1

-- name: changes_since
SELECT seq, changes FROM seat_ledger WHERE event_id = $1 AND seq > $2 ORDER BY seq LIMIT $3

-- name: sale_terms
SELECT hold_seconds, on_sale_at, sale_ends_at, sale_paused, seat_count, available
FROM event_inventory WHERE event_id = $1

-- name: verify_events
SELECT event_id, seq FROM event_inventory WHERE $1::bigint IS NULL OR event_id = $1 ORDER BY event_id

-- name: verify_inventory
SELECT i.epoch, i.seq, i.head_hash, i.seat_count, i.available, i.held, i.booked, i.blocked,
       (extract(epoch FROM i.clock_stopped_at) * 1000000)::bigint AS clock_stopped_at,
       p.seat_count AS plan_seats, clock_timestamp() AS looked_at,
       ARRAY(SELECT b.id::text FROM bookings b WHERE b.event_id = i.event_id AND b.retaken_at IS NOT NULL) AS retaken
FROM event_inventory i JOIN events e ON e.id = i.event_id JOIN seating_plans p ON p.id = e.plan_id
WHERE i.event_id = $1

-- name: verify_ledger
SELECT seq, (extract(epoch FROM at) * 1000000)::bigint AS at_us, changes, prev_hash, hash
FROM seat_ledger WHERE event_id = $1 ORDER BY seq

-- name: verify_seats
-- The end of a hold in microseconds, -1 while a payment binds it.
SELECT seat_no, tier_no, state, booking_id::text AS booking_id, version,
       CASE WHEN hold_expires_at = 'infinity' THEN -1
            ELSE (extract(epoch FROM hold_expires_at) * 1000000)::bigint END AS expires_us
FROM seats WHERE event_id = $1 ORDER BY seat_no

-- name: verify_bookings
-- Bookings that the ledger tells of, with the payment that holds or paid each and all that were captured for it.
SELECT b.id::text AS id, b.no, b.event_id, b.buyer, b.status, b.seat_nos, b.tier_nos, b.prices, b.total,
       b.price_list, b.order_fee, (extract(epoch FROM b.held_at) * 1000000)::bigint AS held_at, b.hold_seconds,
       (extract(epoch FROM b.hold_expires_at) * 1000000)::bigint AS hold_expires_at, b.extensions, b.extension_key,
       b.payment_id::text AS payment_id, (extract(epoch FROM b.closed_at) * 1000000)::bigint AS closed_at,
       (extract(epoch FROM b.retaken_at) * 1000000)::bigint AS retaken_at,
       (extract(epoch FROM b.stood_still) * 1000000)::bigint AS stood_still,
       b.returned_seat_nos, p.phase, p.amount, greatest(0, b.total - coalesce(x.credit, 0)) AS due,
       ARRAY(SELECT c.id::text FROM payments c WHERE c.booking_id = b.id AND c.phase = 'captured') AS captured,
       ARRAY(SELECT c.id::text FROM payments c
             WHERE c.booking_id = b.id AND c.phase = 'captured_late'
               AND 1 <> (SELECT count(*) FROM refunds r
                         WHERE r.payment_id = c.id AND r.kind = 'late_payment' AND r.amount = c.amount)) AS unreturned,
       EXISTS (SELECT 1 FROM refunds r WHERE r.booking_id = b.id AND r.kind = 'uncollected') AS uncollected,
       u.list_prices, u.list_order_fee, u.fees, u.taxes
FROM bookings b LEFT JOIN payments p ON p.id = b.payment_id AND p.booking_id = b.id
LEFT JOIN code_uses u ON u.booking_id = b.id
LEFT JOIN exchanges x ON x.booking_id = b.id
WHERE b.id = ANY ($1)

-- name: verify_price_lists
SELECT l.version, l.order_fee, (extract(epoch FROM l.created_at) * 1000000)::bigint AS since_us,
       array_agg(t.price ORDER BY t.tier_no) AS prices
FROM price_lists l JOIN price_list_tiers t USING (event_id, version)
WHERE l.event_id = $1 GROUP BY l.event_id, l.version

-- name: verify_blocks
SELECT seat_no, block_id::text AS block_id, kind, reason, blocked_by,
       (extract(epoch FROM blocked_at) * 1000000)::bigint AS blocked_at
FROM seat_blocks WHERE event_id = $1

-- name: verify_booking_counts
SELECT event_id, count(*) AS bookings FROM bookings WHERE event_id = ANY ($1) GROUP BY event_id

-- name: verify_kept_answers
-- Answers kept under idempotency keys that are a booking (what tells of refunds is none), beside that booking. `joined`: the booking is of a guest whom
-- the key's owner, an account, was before.
SELECT a.owner, a.key, a.headers, a.answer::text AS answer, b.id, b.buyer, b.event_id, b.status,
       EXISTS (SELECT FROM account_guests g JOIN accounts c ON c.id = g.account_id
               WHERE g.subject = b.buyer AND c.subject = a.owner) AS joined
FROM (
    SELECT owner, key, headers,
           CASE WHEN status IN (200, 201) THEN convert_from(body, 'UTF8')::jsonb END AS answer
    FROM idempotency_keys
) a
LEFT JOIN bookings b ON b.id = (a.answer ->> 'bookingId')::uuid
WHERE a.answer ?& ARRAY['bookingId', 'eventId', 'status'] AND ($1::bigint IS NULL OR (a.answer ->> 'eventId')::bigint = $1)

-- name: add_first_certificate_key
INSERT INTO certificate_keys (id, secret, sealed)
SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM certificate_keys)
ON CONFLICT DO NOTHING

-- name: first_certificate_key
SELECT id, secret, sealed FROM certificate_keys ORDER BY created_at, id LIMIT 1

-- name: seal_certificate_key
UPDATE certificate_keys SET secret = $2, sealed = true WHERE id = $1 AND NOT sealed

-- name: sealed_certificate_keys
SELECT id, secret AS sealed, 'certificate-key:' || id AS purpose FROM certificate_keys WHERE sealed ORDER BY id

-- name: replace_certificate_key
UPDATE certificate_keys SET secret = $3 WHERE id = $1 AND secret = $2
