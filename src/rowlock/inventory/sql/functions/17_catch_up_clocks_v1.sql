-- Adds to the holds and shopping sessions of events what an outage took from them: the time since the last sign of life of a sale that is watched.
--
-- Whoever is about to let a hold lapse calls this first, so it does not matter who comes first after an outage. A hold that
-- was made during it was made by a sale that worked, and keeps its own end. Internal, inventory rows locked.
-- Answers whether there was an outage to add.
CREATE OR REPLACE FUNCTION catch_up_clocks_v1(p_events bigint[], p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    v_late record;
    v_any boolean := false;
BEGIN
    FOR v_late IN
        SELECT b.event_id, b.beat_at, i.clock_stopped_at
        FROM sale_beats b JOIN event_inventory i ON i.event_id = b.event_id
        WHERE b.event_id = ANY (p_events) AND b.beat_at < p_now - beat_late_after_v1()
        ORDER BY b.event_id FOR UPDATE OF b
    LOOP
        UPDATE sale_beats SET beat_at = p_now WHERE event_id = v_late.event_id;
        CONTINUE WHEN v_late.clock_stopped_at IS NOT NULL;  -- its holds stand still anyway
        PERFORM move_clock_v1(
            v_late.event_id,
            ARRAY(SELECT id FROM holding_bookings_v1(v_late.event_id)
                  WHERE held_at <= v_late.beat_at AND hold_expires_at > v_late.beat_at),
            exactly_v1(v_late.beat_at, p_now), 'outage', v_late.beat_at, p_now);
        UPDATE shopping_sessions SET ends_at = ends_at + exactly_v1(v_late.beat_at, p_now)
        WHERE event_id = v_late.event_id AND ended_at IS NULL AND opened_at <= v_late.beat_at AND ends_at > v_late.beat_at;
        v_any := true;
    END LOOP;
    RETURN v_any;
END
$$;

-- The worker's sign of life for every sale that is watched; one that is late is caught up with first.
--
-- A beat that somebody else is writing, or catching up with, is left to them. Locks: inventory rows by event id, beats.
CREATE OR REPLACE FUNCTION beat_clocks_v1(p_now timestamptz DEFAULT NULL) RETURNS SETOF bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_late bigint[];
BEGIN
    UPDATE sale_beats SET beat_at = greatest(beat_at, v_now)
    WHERE event_id IN (SELECT event_id FROM sale_beats WHERE beat_at >= v_now - beat_late_after_v1()
                       ORDER BY event_id FOR UPDATE SKIP LOCKED);
    SELECT array_agg(event_id) INTO v_late FROM sale_beats WHERE beat_at < v_now - beat_late_after_v1();
    IF v_late IS NOT NULL THEN
        PERFORM 1 FROM event_inventory WHERE event_id = ANY (v_late) ORDER BY event_id FOR UPDATE;
        PERFORM catch_up_clocks_v1(v_late, coalesce(p_now, clock_timestamp()));
        RETURN QUERY SELECT * FROM unnest(v_late);
    END IF;
END
$$;
