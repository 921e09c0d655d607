-- Locks the inventory rows of the bookings' events, by event id: the one lock order of every seat function.
-- What an outage took from holds is added to them, before anybody looks whether one has ended.
-- A booking never changes its event, so reading it before the lock is safe.
-- PL/pgSQL on purpose: the last SELECT of an SQL function stops after one row, and would lock only one event.
CREATE OR REPLACE FUNCTION lock_events_of_v1(p_bookings uuid[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1 FROM event_inventory
    WHERE event_id = ANY (SELECT event_id FROM bookings WHERE id = ANY (p_bookings))
    ORDER BY event_id FOR UPDATE;
    IF EXISTS (SELECT FROM sale_beats WHERE beat_at < clock_timestamp() - beat_late_after_v1()) THEN
        PERFORM catch_up_clocks_v1(ARRAY(SELECT event_id FROM bookings WHERE id = ANY (p_bookings)), clock_timestamp());
    END IF;
END
$$;
