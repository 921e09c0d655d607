-- Moves the ends of an event's holds by the same time, as one ledger row: nobody's hold loses or gains any.
--
-- Internal, inventory row locked. The row begins with what befell the clock: stop, start, or outage with the last sign of life
-- before it in microseconds; then comes a step `clock` with its new end for every hold, and for every booking that a payment
-- binds, without its seats, which have no end by time.
CREATE OR REPLACE FUNCTION move_clock_v1(
    p_event bigint, p_bookings uuid[], p_by interval, p_kind text, p_beat timestamptz, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_holds uuid[];
BEGIN
    UPDATE bookings SET hold_expires_at = hold_expires_at + p_by, stood_still = stood_still + p_by
    WHERE id = ANY (p_bookings);
    SELECT array_agg(id) INTO v_holds FROM bookings WHERE id = ANY (p_bookings) AND status = 'HOLD';
    PERFORM move_hold_ends_v1(v_holds);
    PERFORM append_ledger_v1(
        ARRAY[p_event],
        ARRAY[(SELECT concat('[["', p_kind, '","",', coalesce(((extract(epoch FROM p_beat) * 1000000)::bigint)::text, 'null'),
                             ',[]]', string_agg(concat(',["clock","', id, '",', (extract(epoch FROM hold_expires_at) * 1000000)::bigint,
                                                       ',[', CASE WHEN status = 'HOLD' THEN array_to_string(seat_nos, ',') END, ']]'),
                                                '' ORDER BY no), ']')
               FROM bookings WHERE id = ANY (p_bookings))],
        ARRAY[0], ARRAY[0], ARRAY[0], ARRAY[0], p_now);
END
$$;

-- The bookings of an event that hold seats or are being paid. Internal. By the seats, of which an event has few, and not by
-- the bookings, of which there may be millions.
CREATE OR REPLACE FUNCTION holding_bookings_v1(p_event bigint) RETURNS SETOF bookings
LANGUAGE sql STABLE
AS $$
    SELECT * FROM bookings
    WHERE id IN (SELECT booking_id FROM seats WHERE event_id = p_event AND state = 1)
$$;
