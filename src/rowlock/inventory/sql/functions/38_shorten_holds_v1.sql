-- Makes fresh holds end sooner, for those who let many others lapse: by p_seconds each, but never below a minute.
--
-- Arrays run in parallel, distinct bookings. Only a hold that still has the whole hold time of its event is shortened, so a
-- repeat does nothing; later extensions go by the shorter time, too. Locks: inventory rows by event id. Answers when each
-- hold ends now, null for what is no hold any more.
CREATE OR REPLACE FUNCTION shorten_holds_v1(p_bookings uuid[], p_seconds int[], p_now timestamptz DEFAULT NULL)
RETURNS TABLE (ord int, expires_at timestamptz)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_shortened uuid[];
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    WITH shortened AS (
        UPDATE bookings b
        SET hold_seconds = greatest(60, b.hold_seconds - c.seconds),
            hold_expires_at = b.held_at + b.stood_still + make_interval(secs => greatest(60, b.hold_seconds - c.seconds))
        FROM unnest(p_bookings, p_seconds) AS c(booking_id, seconds), event_inventory i
        WHERE b.id = c.booking_id AND i.event_id = b.event_id AND b.status = 'HOLD' AND b.hold_expires_at > v_now
          AND b.hold_seconds = i.hold_seconds AND b.hold_seconds > 60 AND b.extensions = 0 AND c.seconds > 0
          AND b.hold_expires_at = b.held_at + b.stood_still + make_interval(secs => b.hold_seconds)
        RETURNING b.id
    )
    SELECT array_agg(id) INTO v_shortened FROM shortened;

    RETURN QUERY SELECT * FROM hold_ends_changed_v1(v_shortened, 'shorten', p_bookings, v_now);
END
$$;
