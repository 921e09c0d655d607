-- Blocks the seats of these bookings again that a code had opened for them and that are free now.
--
-- Internal, inventory rows locked: called when seats were given back, so that such seats never come on sale to all. They go
-- back to the block they came from; the ledger says so with a step of that block. Nearly always there is nothing to do.
CREATE OR REPLACE FUNCTION relock_seats_v1(p_bookings uuid[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_events bigint[];
    v_changes text[];
    v_seats int[];
    v_none int[];
BEGIN
    IF NOT EXISTS (SELECT FROM unlocked_seats WHERE booking_id = ANY (p_bookings)) THEN
        RETURN;
    END IF;
    WITH back AS (
        DELETE FROM unlocked_seats u USING seats s
        WHERE u.booking_id = ANY (p_bookings)
          AND s.event_id = u.event_id AND s.seat_no = u.seat_no AND s.state = 0
        RETURNING u.*
    ), blocked AS (
        INSERT INTO seat_blocks (event_id, seat_no, block_id, kind, reason, blocked_by, blocked_at)
        SELECT event_id, seat_no, block_id, kind, reason, blocked_by, p_now FROM back
    ), shut AS (
        UPDATE seats s SET state = 3, version = s.version + 1
        FROM back WHERE s.event_id = back.event_id AND s.seat_no = back.seat_no
    ), steps AS (
        SELECT event_id, count(*)::int AS seats,
               jsonb_build_array(CASE kind WHEN 'kill' THEN 'kill' ELSE 'block' END, block_id, NULL,
                                 array_agg(seat_no ORDER BY seat_no), reason, blocked_by) AS step
        FROM back GROUP BY event_id, block_id, kind, reason, blocked_by
    )
    SELECT array_agg(e.event_id), array_agg(e.changes), array_agg(e.seats), array_agg(0)
    INTO v_events, v_changes, v_seats, v_none
    FROM (SELECT event_id, jsonb_agg(step)::text AS changes, sum(seats)::int AS seats FROM steps GROUP BY event_id) e;
    IF v_events IS NOT NULL THEN
        PERFORM append_ledger_v1(v_events, v_changes, ARRAY(SELECT -s FROM unnest(v_seats) AS u(s)), v_none, v_none,
                                 v_seats, p_now);
    END IF;
END
$$;
