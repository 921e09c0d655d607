-- Frees the seats of holds and closes their bookings as EXPIRED or RELEASED, with one ledger row an event.
--
-- Internal: the callers have locked the events' inventory rows and checked that every booking is in HOLD. Each write
-- names the owner: a seat is freed only while it belongs to the booking. A count that differs is a broken invariant.
CREATE OR REPLACE FUNCTION close_holds_v1(p_bookings uuid[], p_status text, p_kind text, p_now timestamptz)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_closed int;
    v_expected int;
    v_freed int;
BEGIN
    UPDATE bookings SET status = p_status, closed_at = p_now
    WHERE id = ANY (p_bookings) AND status = 'HOLD';
    GET DIAGNOSTICS v_closed = ROW_COUNT;

    UPDATE seats s SET state = 0, booking_id = NULL, hold_expires_at = NULL, version = s.version + 1
    FROM (SELECT b.id, b.event_id, n.seat_no FROM bookings b, unnest(b.seat_nos) AS n(seat_no)
          WHERE b.id = ANY (p_bookings)) f
    WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no AND s.booking_id = f.id AND s.state = 1;
    GET DIAGNOSTICS v_freed = ROW_COUNT;

    SELECT sum(cardinality(seat_nos)) INTO v_expected FROM bookings WHERE id = ANY (p_bookings);
    IF v_closed <> cardinality(p_bookings) OR v_freed <> v_expected THEN
        RAISE EXCEPTION 'close_holds: closed % of % holds, freed % of % seats',
            v_closed, cardinality(p_bookings), v_freed, v_expected USING ERRCODE = 'RL001';
    END IF;

    PERFORM append_bookings_v1(p_bookings, p_kind, p_now);
    PERFORM relock_seats_v1(p_bookings, p_now);
END
$$;
