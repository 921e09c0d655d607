-- Takes booked seats out of a booking and puts them on sale again, or back into the block that a code had opened. Internal:
-- the event's inventory row is locked, and the seats are the booking's. Answers what they cost, their fees and their tax,
-- with the order's own fee when none are left.
CREATE OR REPLACE FUNCTION give_seats_back_v1(
    p_booking uuid, p_seat_nos int[], p_now timestamptz, OUT gross bigint, OUT fee bigint, OUT tax bigint
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_freed int;
    v_event bigint;
BEGIN
    UPDATE bookings b
    SET returned_seat_nos = b.returned_seat_nos || p_seat_nos,
        status = CASE WHEN cardinality(b.returned_seat_nos || p_seat_nos) = cardinality(b.seat_nos)
                      THEN 'REFUNDED' ELSE b.status END
    WHERE b.id = p_booking AND b.status = 'CONFIRMED' RETURNING b.event_id INTO v_event;
    UPDATE seats SET state = 0, booking_id = NULL, version = version + 1
    WHERE event_id = v_event AND seat_no = ANY (p_seat_nos) AND booking_id = p_booking AND state = 2;
    GET DIAGNOSTICS v_freed = ROW_COUNT;
    IF v_freed <> cardinality(p_seat_nos) THEN
        RAISE EXCEPTION 'give_seats_back: freed % of % seats', v_freed, cardinality(p_seat_nos) USING ERRCODE = 'RL001';
    END IF;
    PERFORM append_ledger_v1(
        ARRAY[v_event], ARRAY[concat('[["return","', p_booking, '",null,[', array_to_string(p_seat_nos, ','), ']]]')],
        ARRAY[v_freed], ARRAY[0], ARRAY[-v_freed], ARRAY[0], p_now);
    PERFORM relock_seats_v1(ARRAY[p_booking], p_now);

    SELECT sum(s.gross), sum(s.fee), sum(s.tax) INTO gross, fee, tax
    FROM booking_split_v1(ARRAY[p_booking]) s
    WHERE s.seat_no = ANY (p_seat_nos)
       OR (s.seat_no IS NULL AND (SELECT status FROM bookings WHERE id = p_booking) = 'REFUNDED');
END
$$;
