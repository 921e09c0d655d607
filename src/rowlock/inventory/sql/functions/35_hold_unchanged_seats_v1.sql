-- Compare and set: holds seats as hold_seats_v1 does, but only for commands all of whose seats are still at the versions
-- that judge_holds_v1 told, p_versions in the order of p_seats. The others get the outcome seat_changed.
--
-- A version moves with every change, so a seat that was taken and given back meanwhile counts as changed too.
-- Locks as hold_seats_v1, in its order; it takes them again, which costs nothing.
DROP FUNCTION IF EXISTS hold_unchanged_seats_v1;  -- what a function answers cannot be replaced
CREATE FUNCTION hold_unchanged_seats_v1(
    p_bookings uuid[], p_events bigint[], p_buyers text[], p_seat_from int[], p_seat_to int[], p_seats int[],
    p_holds_max int, p_versions int[], p_now timestamptz DEFAULT NULL
) RETURNS TABLE (
    ord int, outcome text, booking_no bigint, held_at timestamptz, expires_at timestamptz,
    seat_nos int[], tier_nos smallint[], prices bigint[], conflicts int[], on_sale_at timestamptz,
    price_list int, order_fee bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_changed int[];
    v_unchanged int[];
    v_seats int[];
    v_seat_from int[];
    v_seat_to int[];
BEGIN
    IF p_holds_max > 0 THEN
        PERFORM pg_advisory_xact_lock(b.lock_key)
        FROM (SELECT DISTINCT hashtextextended(buyer, 7) AS lock_key FROM unnest(p_buyers) AS u(buyer) ORDER BY 1) b;
    END IF;
    PERFORM 1 FROM event_inventory WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;

    SELECT coalesce(array_agg(DISTINCT c.ord::int), '{}') INTO v_changed
    FROM unnest(p_events, p_seat_from, p_seat_to) WITH ORDINALITY AS c(event_id, seat_from, seat_to, ord)
    CROSS JOIN LATERAL unnest(p_seats[c.seat_from:c.seat_to], p_versions[c.seat_from:c.seat_to]) AS n(seat_no, version)
    JOIN seats s ON s.event_id = c.event_id AND s.seat_no = n.seat_no
    WHERE s.version <> n.version;  -- guard: only a seat that nobody touched since it was read
    v_unchanged := ARRAY(SELECT i FROM generate_subscripts(p_events, 1) AS g(i) WHERE i <> ALL (v_changed) ORDER BY i);

    -- The seats of the unchanged commands, one command behind the other.
    v_seats := ARRAY(
        SELECT p_seats[s.i] FROM unnest(v_unchanged) WITH ORDINALITY AS k(i, at)
        CROSS JOIN LATERAL generate_series(p_seat_from[k.i], p_seat_to[k.i]) AS s(i) ORDER BY k.at, s.i);
    SELECT array_agg(u.seat_to - u.seats + 1 ORDER BY u.at), array_agg(u.seat_to ORDER BY u.at)
    INTO v_seat_from, v_seat_to
    FROM (SELECT k.at, p_seat_to[k.i] - p_seat_from[k.i] + 1 AS seats,
                 (sum(p_seat_to[k.i] - p_seat_from[k.i] + 1) OVER (ORDER BY k.at))::int AS seat_to
          FROM unnest(v_unchanged) WITH ORDINALITY AS k(i, at)) u;

    RETURN QUERY
    SELECT v_unchanged[h.ord], h.outcome, h.booking_no, h.held_at, h.expires_at, h.seat_nos, h.tier_nos, h.prices,
           h.conflicts, h.on_sale_at, h.price_list, h.order_fee
    FROM hold_seats_v1(
        ARRAY(SELECT p_bookings[i] FROM unnest(v_unchanged) AS k(i)),
        ARRAY(SELECT p_events[i] FROM unnest(v_unchanged) AS k(i)),
        ARRAY(SELECT p_buyers[i] FROM unnest(v_unchanged) AS k(i)),
        v_seat_from, v_seat_to, v_seats, p_holds_max, p_now) h
    WHERE cardinality(v_unchanged) > 0
    UNION ALL
    SELECT c.ord, 'seat_changed', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM unnest(v_changed) AS c(ord)
    ORDER BY 1;
END
$$;
