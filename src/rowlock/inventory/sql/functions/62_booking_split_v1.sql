-- What is in the price of each seat of these bookings, and in their order fees (seat_no null): whose money it is.
--
-- gross is what the buyer pays; fee is what goes to the platform: where an event's fees go to its organiser it is 0 and
-- they are in the rest; tax is tax. A price that a code lowered has its own parts. gross - fee - tax is the organiser's.
-- The gross of all rows of a booking is its total.
CREATE OR REPLACE FUNCTION booking_split_v1(p_bookings uuid[])
RETURNS TABLE (booking_id uuid, seat_no int, gross bigint, fee bigint, tax bigint)
LANGUAGE sql STABLE
AS $$
    SELECT b.id, s.seat_no, s.price, CASE WHEN l.fees_to = 'platform' THEN coalesce(s.fee, t.fee) ELSE 0 END,
           coalesce(s.tax, t.tax)
    FROM bookings b
    JOIN price_lists l ON l.event_id = b.event_id AND l.version = b.price_list
    LEFT JOIN code_uses u ON u.booking_id = b.id
    CROSS JOIN LATERAL unnest(b.seat_nos, b.tier_nos, b.prices, u.fees, u.taxes) AS s(seat_no, tier_no, price, fee, tax)
    JOIN price_list_tiers t ON t.event_id = b.event_id AND t.version = b.price_list AND t.tier_no = s.tier_no
    WHERE b.id = ANY (p_bookings)
    UNION ALL
    SELECT b.id, NULL, b.order_fee,
           CASE WHEN l.fees_to = 'platform' THEN b.order_fee - l.order_fee_tax ELSE 0 END, l.order_fee_tax
    FROM bookings b JOIN price_lists l ON l.event_id = b.event_id AND l.version = b.price_list
    WHERE b.id = ANY (p_bookings) AND b.order_fee > 0
$$;
