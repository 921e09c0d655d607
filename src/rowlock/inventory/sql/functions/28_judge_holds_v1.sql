-- Tells what hold commands meet at this moment, taking no lock and writing nothing: a first opinion, never a decision
-- for a seat. A refusal is one: it was true at a moment between the request and its answer.
--
-- Arrays as in hold_seats_v1, and the same outcomes in the same order, each command judged as if it were alone.
-- `held` means that nothing stands against it. A hold whose time has passed counts as free. `versions` are those of the
-- command's seats, in its order; a write that finds another version there must judge again.
CREATE OR REPLACE FUNCTION judge_holds_v1(
    p_bookings uuid[], p_events bigint[], p_buyers text[], p_seat_from int[], p_seat_to int[], p_seats int[],
    p_holds_max int, p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text, conflicts int[], versions int[])
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
BEGIN
    RETURN QUERY
    SELECT c.ord::int,
           CASE WHEN b.id IS NOT NULL THEN CASE WHEN b.buyer = c.buyer THEN 'replayed' ELSE 'event_not_found' END
                WHEN i.event_id IS NULL THEN 'event_not_found'
                WHEN i.clock_stopped_at IS NOT NULL THEN 'sale_paused'
                WHEN i.sale_paused OR v_now < i.on_sale_at OR v_now >= i.sale_ends_at THEN 'not_on_sale'
                WHEN w.known < c.seat_to - c.seat_from + 1 THEN 'unknown_seat'
                WHEN w.taken IS NOT NULL THEN 'seat_unavailable'
                WHEN p_holds_max > 0 AND h.holds >= p_holds_max THEN 'too_many_holds'
                ELSE 'held' END,
           w.taken, w.versions
    FROM unnest(p_bookings, p_events, p_buyers, p_seat_from, p_seat_to)
         WITH ORDINALITY AS c(booking_id, event_id, buyer, seat_from, seat_to, ord)
    LEFT JOIN bookings b ON b.id = c.booking_id
    LEFT JOIN event_inventory i ON i.event_id = c.event_id
    CROSS JOIN LATERAL (
        SELECT count(s.seat_no) AS known, array_agg(coalesce(s.version, 0) ORDER BY u.at) AS versions,
               array_agg(s.seat_no ORDER BY u.at)
                   FILTER (WHERE s.state <> 0 AND NOT (s.state = 1 AND s.hold_expires_at <= v_now)) AS taken
        FROM unnest(p_seats[c.seat_from:c.seat_to]) WITH ORDINALITY AS u(seat_no, at)
        LEFT JOIN seats s ON s.event_id = c.event_id AND s.seat_no = u.seat_no
    ) w
    CROSS JOIN LATERAL (
        SELECT count(*) AS holds FROM bookings a
        WHERE p_holds_max > 0 AND a.buyer = c.buyer AND a.status IN ('HOLD', 'PAYMENT_PENDING')
          AND (a.status = 'PAYMENT_PENDING' OR a.hold_expires_at > v_now)
    ) h
    ORDER BY 1;
END
$$;
