-- Decides commands of one hold_seats_v1 call that want the same seats: strictly in order of arrival.
--
-- Internal and pure. A command that is refused takes nothing, so a later one may still have its seats.
-- Outcomes other than held pass through; a loser becomes seat_unavailable and learns which seats went.
CREATE OR REPLACE FUNCTION first_come_first_served_v1(
    p_events bigint[], p_seat_from int[], p_seat_to int[], p_seats int[], p_outcomes text[], p_conflicts text[],
    OUT outcomes text[], OUT conflicts text[]
)
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    v_granted bigint[] := '{}';     -- event id and seat number in one number; seat numbers stay below 2**20
    v_wanted bigint[];
    v_lost text;
BEGIN
    outcomes := p_outcomes;
    conflicts := p_conflicts;
    FOR i IN 1 .. cardinality(p_outcomes) LOOP
        CONTINUE WHEN outcomes[i] <> 'held';
        SELECT array_agg((p_events[i] << 20) | n.seat_no),
               string_agg(n.seat_no::text, ',') FILTER (WHERE (p_events[i] << 20) | n.seat_no = ANY (v_granted))
        INTO v_wanted, v_lost
        FROM unnest(p_seats[p_seat_from[i]:p_seat_to[i]]) AS n(seat_no);
        IF v_lost IS NULL THEN
            v_granted := v_granted || v_wanted;
        ELSE
            outcomes[i] := 'seat_unavailable';
            conflicts[i] := v_lost;
        END IF;
    END LOOP;
END
$$;
