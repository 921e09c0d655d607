-- The parts of what bookings cost, a row for each seat: all-in price, fee and tax in it, in minor units.
CREATE OR REPLACE FUNCTION booking_split_v1(p_bookings uuid[])
RETURNS TABLE (booking_id uuid, seat_no int, gross bigint, fee bigint, tax bigint)
LANGUAGE sql STABLE
AS $$
    SELECT b.id, u.seat_no, u.price, least(u.price, t.fee_minor), 0::bigint
    FROM bookings b
    CROSS JOIN LATERAL unnest(b.seat_nos, b.tier_nos, b.prices) AS u(seat_no, tier_no, price)
    JOIN price_tiers t ON t.event_id = b.event_id AND t.tier_no = u.tier_no
    WHERE b.id = ANY (p_bookings)
$$;
