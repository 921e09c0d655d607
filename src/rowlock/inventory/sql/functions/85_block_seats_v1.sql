-- Takes free seats from sale at an organiser's word: each command gets all its seats or none.
--
-- Arrays run in parallel, one element a command, at most one an event; command i wants p_seats[p_seat_from[i] :
-- p_seat_to[i]], distinct numbers. Kinds: house (kept for guests of the house), kill (not to be sold at all).
-- The ledger entry is [block or kill, block id, null, seats, reason, who].
--
-- Locks: inventory rows by event id, the audit log. Outcomes, by precedence: event_not_found, unknown_seat, replayed (this very block
-- stands), seat_unavailable (with the seats), blocked.
CREATE OR REPLACE FUNCTION block_seats_v1(
    p_blocks uuid[], p_events bigint[], p_kinds text[], p_reasons text[], p_by text[],
    p_seat_from int[], p_seat_to int[], p_seats int[], p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text, blocked_at timestamptz, conflicts int[])
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_outcomes text[];
    v_conflicts text[];
    v_since timestamptz[];
    v_blocked int[];
    v_written int;
    v_expected int;
BEGIN
    PERFORM 1 FROM event_inventory WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;
    v_now := coalesce(p_now, clock_timestamp());
    PERFORM close_lapsed_v1(p_events, p_seat_from, p_seat_to, p_seats, v_now);

    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(j.taken ORDER BY j.ord),
           array_agg(coalesce(j.since, v_now) ORDER BY j.ord)
    INTO v_outcomes, v_conflicts, v_since
    FROM (
        SELECT c.ord, w.taken, w.since,
               CASE WHEN i.event_id IS NULL THEN 'event_not_found'
                    WHEN w.known < c.seat_to - c.seat_from + 1 THEN 'unknown_seat'
                    WHEN w.own = w.known THEN 'replayed'
                    WHEN w.taken <> '' THEN 'seat_unavailable'
                    ELSE 'blocked' END AS outcome
        FROM unnest(p_blocks, p_events, p_seat_from, p_seat_to)
             WITH ORDINALITY AS c(block_id, event_id, seat_from, seat_to, ord)
        LEFT JOIN event_inventory i ON i.event_id = c.event_id
        CROSS JOIN LATERAL (
            SELECT count(s.seat_no) AS known, count(*) FILTER (WHERE b.block_id = c.block_id) AS own,
                   min(b.blocked_at) FILTER (WHERE b.block_id = c.block_id) AS since,
                   coalesce(string_agg(s.seat_no::text, ',') FILTER (WHERE s.state <> 0), '') AS taken
            FROM unnest(p_seats[c.seat_from:c.seat_to]) AS n(seat_no)
            JOIN seats s ON s.event_id = c.event_id AND s.seat_no = n.seat_no
            LEFT JOIN seat_blocks b ON b.event_id = s.event_id AND b.seat_no = s.seat_no
        ) w
    ) j;
    v_blocked := ARRAY(SELECT i FROM generate_subscripts(v_outcomes, 1) AS g(i) WHERE v_outcomes[i] = 'blocked');

    IF cardinality(v_blocked) > 0 THEN
        INSERT INTO seat_blocks (event_id, seat_no, block_id, kind, reason, blocked_by, blocked_at)
        SELECT p_events[k.i], n.seat_no, p_blocks[k.i], p_kinds[k.i], p_reasons[k.i], p_by[k.i], v_now
        FROM unnest(v_blocked) AS k(i) CROSS JOIN LATERAL unnest(p_seats[p_seat_from[k.i]:p_seat_to[k.i]]) AS n(seat_no);
        GET DIAGNOSTICS v_expected = ROW_COUNT;

        UPDATE seats s SET state = 3, version = s.version + 1
        FROM unnest(v_blocked) AS k(i) CROSS JOIN LATERAL unnest(p_seats[p_seat_from[k.i]:p_seat_to[k.i]]) AS n(seat_no)
        WHERE s.event_id = p_events[k.i] AND s.seat_no = n.seat_no AND s.state = 0;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> v_expected THEN
            RAISE EXCEPTION 'block_seats: wrote % of % seats', v_written, v_expected USING ERRCODE = 'RL001';
        END IF;

        PERFORM append_ledger_v1(
            array_agg(p_events[k.i]),
            array_agg(jsonb_build_array(jsonb_build_array(
                CASE p_kinds[k.i] WHEN 'kill' THEN 'kill' ELSE 'block' END, p_blocks[k.i], NULL,
                p_seats[p_seat_from[k.i]:p_seat_to[k.i]], p_reasons[k.i], p_by[k.i]))::text),
            array_agg(-(p_seat_to[k.i] - p_seat_from[k.i] + 1)), array_agg(0), array_agg(0),
            array_agg(p_seat_to[k.i] - p_seat_from[k.i] + 1), v_now)
        FROM unnest(v_blocked) AS k(i);
        PERFORM append_audit_v1(
                    p_by[k.i], 'staff', e.organiser_id, 'block_seats', 'event:' || e.id, NULL,
                    jsonb_build_object('blockId', p_blocks[k.i], 'kind', p_kinds[k.i],
                                       'seats', p_seat_to[k.i] - p_seat_from[k.i] + 1)::text, p_reasons[k.i])
        FROM unnest(v_blocked) AS k(i) JOIN events e ON e.id = p_events[k.i];
    END IF;

    RETURN QUERY
    SELECT g.i::int, v_outcomes[g.i], CASE WHEN v_outcomes[g.i] IN ('blocked', 'replayed') THEN v_since[g.i] END,
           string_to_array(v_conflicts[g.i], ',')::int[]
    FROM generate_subscripts(v_outcomes, 1) AS g(i) ORDER BY 1;
END
$$;
