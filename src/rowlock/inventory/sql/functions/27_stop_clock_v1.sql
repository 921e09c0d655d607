-- Stops the clock of an event's sale: no more holds, and those that stand, and shopping sessions, keep the time they have
-- left until it starts.
--
-- Holds whose time has passed are closed first, so that what is stopped has time left. Locks: inventory row.
-- Outcomes: stopped, with how many bookings stand still; unchanged (it was stopped before), event_not_found.
CREATE OR REPLACE FUNCTION stop_clock_v1(p_event bigint, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (outcome text, holds int)
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_stopped_at timestamptz;
    v_lapsed uuid[];
    v_live uuid[];
BEGIN
    SELECT clock_stopped_at INTO v_stopped_at FROM event_inventory WHERE event_id = p_event FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'event_not_found', 0;
        RETURN;
    ELSIF v_stopped_at IS NOT NULL THEN
        RETURN QUERY SELECT 'unchanged', 0;
        RETURN;
    END IF;
    v_now := coalesce(p_now, clock_timestamp());
    PERFORM catch_up_clocks_v1(ARRAY[p_event], v_now);

    SELECT array_agg(id) FILTER (WHERE status = 'HOLD' AND hold_expires_at <= v_now),
           coalesce(array_agg(id) FILTER (WHERE hold_expires_at > v_now), '{}')
    INTO v_lapsed, v_live FROM holding_bookings_v1(p_event);
    IF v_lapsed IS NOT NULL THEN
        PERFORM close_holds_v1(v_lapsed, 'EXPIRED', 'expire', v_now);
    END IF;

    UPDATE event_inventory SET sale_paused = true, clock_stopped_at = v_now WHERE event_id = p_event;
    PERFORM move_clock_v1(p_event, v_live, exactly_v1(v_now, standstill_v1()), 'stop', NULL, v_now);
    UPDATE shopping_sessions SET ends_at = ends_at + exactly_v1(v_now, standstill_v1())
    WHERE event_id = p_event AND ended_at IS NULL AND ends_at > v_now;
    RETURN QUERY SELECT 'stopped', cardinality(v_live);
END
$$;

-- Starts the clock of an event's sale again: every hold goes on with the time that it had left.
--
-- A sale that is closed without a stopped clock is opened, too, unless the event is called off.
-- Locks: inventory row. Outcomes: started, with how many bookings go on; unchanged (it was running), event_not_found.
CREATE OR REPLACE FUNCTION start_clock_v1(p_event bigint, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (outcome text, holds int)
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_stopped_at timestamptz;
    v_still uuid[];
BEGIN
    SELECT clock_stopped_at INTO v_stopped_at FROM event_inventory WHERE event_id = p_event FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'event_not_found', 0;
        RETURN;
    END IF;
    v_now := coalesce(p_now, clock_timestamp());
    UPDATE event_inventory SET clock_stopped_at = NULL, sale_paused = (SELECT cancelled FROM events WHERE id = p_event)
    WHERE event_id = p_event;
    IF v_stopped_at IS NULL THEN
        RETURN QUERY SELECT 'unchanged', 0;
        RETURN;
    END IF;

    v_still := ARRAY(SELECT id FROM holding_bookings_v1(p_event) WHERE hold_expires_at >= standstill_v1());
    PERFORM move_clock_v1(p_event, v_still, exactly_v1(standstill_v1(), v_now), 'start', NULL, v_now);
    UPDATE shopping_sessions SET ends_at = ends_at + exactly_v1(standstill_v1(), v_now)
    WHERE event_id = p_event AND ended_at IS NULL AND ends_at >= standstill_v1();
    UPDATE sale_beats SET beat_at = greatest(beat_at, v_now) WHERE event_id = p_event;
    RETURN QUERY SELECT 'started', cardinality(v_still);
END
$$;
