-- Frees up to p_limit holds whose time has passed, oldest first, and tells when the next one is due.
--
-- The sweeper's call: it only makes visible what the predicate in hold_seats_v1 already says, and may be late
-- without harm. Candidates are read first, then their events are locked, then each is checked again.
CREATE OR REPLACE FUNCTION expire_holds_v1(
    p_limit int, p_now timestamptz DEFAULT NULL,
    OUT expired int, OUT events bigint[], OUT next_in_seconds double precision
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_candidates uuid[];
    v_expired uuid[];
BEGIN
    SELECT array_agg(c.id) INTO v_candidates
    FROM (SELECT id FROM bookings
          WHERE status = 'HOLD' AND hold_expires_at <= coalesce(p_now, clock_timestamp())
          ORDER BY hold_expires_at LIMIT p_limit) c;
    expired := 0;
    IF v_candidates IS NOT NULL THEN
        PERFORM lock_events_of_v1(v_candidates);
        v_now := coalesce(p_now, clock_timestamp());
        SELECT array_agg(id), array_agg(DISTINCT event_id) INTO v_expired, events
        FROM bookings WHERE id = ANY (v_candidates) AND status = 'HOLD' AND hold_expires_at <= v_now;
        IF v_expired IS NOT NULL THEN
            PERFORM close_holds_v1(v_expired, 'EXPIRED', 'expire', v_now);
            expired := cardinality(v_expired);
        END IF;
    END IF;
    v_now := coalesce(p_now, clock_timestamp());
    SELECT extract(epoch FROM min(hold_expires_at) - v_now) INTO next_in_seconds FROM bookings WHERE status = 'HOLD';
END
$$;
