-- Keeps fresh holds for longer than the event's hold time: p_seconds each from now, for seats that were offered to somebody
-- who has to be told of them first.
--
-- Arrays run in parallel, distinct bookings. Only a hold that still has the hold time of its event is kept, and never for
-- less than it has, so a repeat does nothing; extensions go by the longer time, too. Locks: inventory rows by event id.
-- Answers when each hold ends now, null for what is no hold any more.
CREATE OR REPLACE FUNCTION keep_holds_v1(p_bookings uuid[], p_seconds int[], p_now timestamptz DEFAULT NULL)
RETURNS TABLE (ord int, expires_at timestamptz)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_kept uuid[];
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    WITH wanted AS (
        SELECT b.id, floor(extract(epoch FROM hold_now_v1(b.hold_expires_at, v_now) + make_interval(secs => c.seconds)
                                             - b.held_at - b.stood_still))::int AS seconds
        FROM unnest(p_bookings, p_seconds) AS c(booking_id, seconds)
        JOIN bookings b ON b.id = c.booking_id
        JOIN event_inventory i ON i.event_id = b.event_id
        WHERE b.status = 'HOLD' AND b.hold_expires_at > v_now AND b.hold_seconds = i.hold_seconds AND b.extensions = 0
    ), kept AS (
        UPDATE bookings b
        SET hold_seconds = w.seconds,
            hold_expires_at = b.held_at + b.stood_still + make_interval(secs => w.seconds)
        FROM wanted w
        WHERE b.id = w.id AND w.seconds > b.hold_seconds
        RETURNING b.id
    )
    SELECT array_agg(id) INTO v_kept FROM kept;

    RETURN QUERY SELECT * FROM hold_ends_changed_v1(v_kept, 'keep', p_bookings, v_now);
END
$$;
