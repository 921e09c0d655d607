-- name: find_bookings
SELECT b.buyer, b.id, b.no, b.event_id, b.seat_nos, b.tier_nos, b.prices, b.total, b.price_list,
       b.order_fee, b.held_at, b.hold_expires_at, b.extensions, b.payment_id, b.closed_at,
       b.returned_seat_nos, o.wanted_seat_nos AS instead_of, u.code, u.list_prices, u.list_order_fee, u.fees AS code_fees, u.taxes AS code_taxes,
       CASE WHEN b.status = 'HOLD' AND b.hold_expires_at <= clock_timestamp() AND NOT clock_is_late_v1(b.event_id) THEN 'EXPIRED' ELSE b.status END AS status,
       extract(epoch FROM b.hold_expires_at - clock_timestamp())::float8 AS expires_in,
       p.phase = 'challenged' AS waits_for_buyer, extract(epoch FROM clock_timestamp() - p.started_at)::float8 AS paying_for
FROM bookings b
LEFT JOIN substitutes o ON o.booking_id = b.id AND o.accepted_at IS NULL
LEFT JOIN code_uses u ON u.booking_id = b.id
LEFT JOIN payments p ON p.id = b.payment_id AND b.status = 'PAYMENT_PENDING'
WHERE b.id = ANY ($1)

-- name: list_bookings
-- Newest first, below the cursor, under any of the names $1. Two branches, because each is served by its own partial
-- index.
SELECT b.buyer, b.id, b.no, b.event_id, b.seat_nos, b.tier_nos, b.prices, b.total, b.price_list,
       b.order_fee, b.held_at, b.hold_expires_at, b.extensions, b.payment_id, b.closed_at,
       b.returned_seat_nos, o.wanted_seat_nos AS instead_of, u.code, u.list_prices, u.list_order_fee, u.fees AS code_fees, u.taxes AS code_taxes,
       CASE WHEN b.status = 'HOLD' AND b.hold_expires_at <= clock_timestamp() AND NOT clock_is_late_v1(b.event_id) THEN 'EXPIRED' ELSE b.status END AS status,
       extract(epoch FROM b.hold_expires_at - clock_timestamp())::float8 AS expires_in,
       p.phase = 'challenged' AS waits_for_buyer, extract(epoch FROM clock_timestamp() - p.started_at)::float8 AS paying_for
FROM unnest($1::text[]) AS own(name) CROSS JOIN LATERAL (
    SELECT * FROM bookings WHERE buyer = own.name AND status IN ('HOLD', 'PAYMENT_PENDING') AND no < $2
    UNION ALL
    (SELECT * FROM bookings WHERE buyer = own.name AND status IN ('CONFIRMED', 'REFUNDED', 'EXPIRED', 'RELEASED') AND no < $2
     ORDER BY no DESC LIMIT $4)
) b
LEFT JOIN substitutes o ON o.booking_id = b.id AND o.accepted_at IS NULL
LEFT JOIN code_uses u ON u.booking_id = b.id
LEFT JOIN payments p ON p.id = b.payment_id AND b.status = 'PAYMENT_PENDING'
WHERE $3::text IS NULL
   OR $3 = CASE WHEN b.status = 'HOLD' AND b.hold_expires_at <= clock_timestamp() AND NOT clock_is_late_v1(b.event_id) THEN 'EXPIRED' ELSE b.status END
ORDER BY b.no DESC LIMIT $4

-- name: find_code
-- A code of an organiser that may be used for an event now, unless it is used up.
SELECT id, code, kind, percent, amount, currency, tiers, seats_min FROM codes
WHERE organiser_id = $1 AND code = $3 AND coalesce(event_id, $2) = $2 AND disabled_at IS NULL
  AND coalesce(valid_from, '-infinity') <= clock_timestamp() AND coalesce(valid_until, 'infinity') > clock_timestamp()
