-- Puts blocked seats back on sale at an organiser's word. Seats that are not blocked are left alone, so a repeat does
-- nothing.
--
-- Arrays as in block_seats_v1, at most one command an event. p_releases names each release in the ledger, whose entry is
-- [unblock, release id, null, seats, reason, who].
--
-- Locks: inventory rows by event id, the audit log. Outcomes: event_not_found, unblocked (none of the seats is blocked now).
CREATE OR REPLACE FUNCTION unblock_seats_v1(
    p_releases uuid[], p_events bigint[], p_reasons text[], p_by text[],
    p_seat_from int[], p_seat_to int[], p_seats int[], p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_freed text[];
    v_written int;
    v_expected int;
BEGIN
    PERFORM 1 FROM event_inventory WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;
    v_now := coalesce(p_now, clock_timestamp());

    -- Seats that somebody holds by a code do not go back to a block that was released.
    DELETE FROM unlocked_seats u USING unnest(p_events, p_seat_from, p_seat_to) AS c(event_id, seat_from, seat_to)
    WHERE u.event_id = c.event_id AND u.seat_no = ANY (p_seats[c.seat_from:c.seat_to]);

    WITH gone AS (
        DELETE FROM seat_blocks b
        USING unnest(p_events, p_seat_from, p_seat_to) WITH ORDINALITY AS c(event_id, seat_from, seat_to, ord)
        WHERE b.event_id = c.event_id AND b.seat_no = ANY (p_seats[c.seat_from:c.seat_to])
        RETURNING c.ord, b.seat_no
    )
    SELECT array_agg(f.seats ORDER BY f.ord), sum(f.count) INTO v_freed, v_expected
    FROM (SELECT c.ord, string_agg(g.seat_no::text, ',' ORDER BY g.seat_no) AS seats, count(g.seat_no) AS count
          FROM generate_subscripts(p_events, 1) AS c(ord) LEFT JOIN gone g ON g.ord = c.ord GROUP BY c.ord) f;

    IF v_expected > 0 THEN
        UPDATE seats s SET state = 0, version = s.version + 1
        FROM generate_subscripts(p_events, 1) AS c(ord)
        CROSS JOIN LATERAL unnest(string_to_array(v_freed[c.ord], ',')::int[]) AS n(seat_no)
        WHERE s.event_id = p_events[c.ord] AND s.seat_no = n.seat_no AND s.state = 3;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> v_expected THEN
            RAISE EXCEPTION 'unblock_seats: freed % of % seats', v_written, v_expected USING ERRCODE = 'RL001';
        END IF;

        PERFORM append_ledger_v1(
            array_agg(f.event_id),
            array_agg(jsonb_build_array(jsonb_build_array(
                'unblock', f.release_id, NULL, f.seats, f.reason, f.by))::text),
            array_agg(cardinality(f.seats)), array_agg(0), array_agg(0), array_agg(-cardinality(f.seats)), v_now)
        FROM (SELECT c.ord, c.release_id, c.event_id, c.reason, c.by, string_to_array(v_freed[c.ord], ',')::int[] AS seats
              FROM unnest(p_releases, p_events, p_reasons, p_by)
                   WITH ORDINALITY AS c(release_id, event_id, reason, by, ord)
              WHERE v_freed[c.ord] IS NOT NULL) f;
        PERFORM append_audit_v1(
                    p_by[c.ord], 'staff', e.organiser_id, 'unblock_seats', 'event:' || e.id,
                    jsonb_build_object('releaseId', p_releases[c.ord],
                                       'seats', cardinality(string_to_array(v_freed[c.ord], ',')))::text,
                    NULL, p_reasons[c.ord])
        FROM generate_subscripts(p_events, 1) AS c(ord) JOIN events e ON e.id = p_events[c.ord]
        WHERE v_freed[c.ord] IS NOT NULL;
    END IF;

    RETURN QUERY
    SELECT c.ord::int, CASE WHEN i.event_id IS NULL THEN 'event_not_found' ELSE 'unblocked' END
    FROM unnest(p_events) WITH ORDINALITY AS c(event_id, ord)
    LEFT JOIN event_inventory i ON i.event_id = c.event_id
    ORDER BY 1;
END
$$;
