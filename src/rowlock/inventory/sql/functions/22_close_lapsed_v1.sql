-- Closes the holds whose time has passed on the seats that commands want, as the sweeper would if it had come by.
--
-- Internal, inventory rows locked. Arrays run in parallel, one element a command: its event, and the places of its seats
-- in p_seats.
CREATE OR REPLACE FUNCTION close_lapsed_v1(
    p_events bigint[], p_seat_from int[], p_seat_to int[], p_seats int[], p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_lapsed uuid[];
BEGIN
    SELECT array_agg(DISTINCT s.booking_id) INTO v_lapsed
    FROM unnest(p_events, p_seat_from, p_seat_to) AS c(event_id, seat_from, seat_to)
    CROSS JOIN LATERAL unnest(p_seats[c.seat_from:c.seat_to]) AS w(seat_no)
    JOIN seats s ON s.event_id = c.event_id AND s.seat_no = w.seat_no
    WHERE s.state = 1 AND s.hold_expires_at <= p_now;
    IF v_lapsed IS NOT NULL AND catch_up_clocks_v1(p_events, p_now) THEN
        v_lapsed := ARRAY(SELECT id FROM bookings WHERE id = ANY (v_lapsed) AND hold_expires_at <= p_now);
    END IF;
    IF cardinality(v_lapsed) > 0 THEN
        PERFORM close_holds_v1(v_lapsed, 'EXPIRED', 'expire', p_now);
    END IF;
END
$$;
