-- Makes fresh holds offers: they end after p_seconds already, unless their buyers accept them.
--
-- Internal: called in the transaction that made the holds, at the same time p_now, the events' inventory rows locked.
-- Arrays run in parallel; offer i stands in for the seats p_wanted[p_from[i] : p_to[i]]. Answers when each ends.
CREATE OR REPLACE FUNCTION offer_substitutes_v1(
    p_bookings uuid[], p_from int[], p_to int[], p_wanted int[], p_seconds int, p_now timestamptz
) RETURNS TABLE (ord int, expires_at timestamptz)
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO substitutes (booking_id, wanted_seat_nos)
    SELECT c.booking_id, p_wanted[c.first:c.last] FROM unnest(p_bookings, p_from, p_to) AS c(booking_id, first, last);

    UPDATE bookings b SET hold_expires_at = least(b.hold_expires_at, p_now + make_interval(secs => p_seconds))
    WHERE b.id = ANY (p_bookings);
    PERFORM move_hold_ends_v1(p_bookings);
    PERFORM append_bookings_v1(p_bookings, 'offer', p_now);

    RETURN QUERY
    SELECT g.i::int, b.hold_expires_at FROM generate_subscripts(p_bookings, 1) AS g(i)
    JOIN bookings b ON b.id = p_bookings[g.i] ORDER BY 1;
END
$$;
