-- Holds seats for many buyers at once: each command gets all its seats or none.
--
-- Arrays run in parallel, one element a command, in order of arrival; command i wants
-- p_seats[p_seat_from[i] : p_seat_to[i]], distinct numbers. Commands may want the same seat: first come, first served.
-- The caller sends at most one command a buyer in a call.
--
-- Locks, in this order: buyers (advisory, by hash), inventory rows (by event id), seats (by update, under the latter).
-- Outcomes, by precedence: replayed (this booking id exists and is the buyer's: nothing is done twice), event_not_found,
-- not_on_sale, unknown_seat, seat_unavailable (with the seats), too_many_holds, held.
-- The database clock, read after the locks, is the only clock. p_now overrides it in tests.
CREATE OR REPLACE FUNCTION hold_seats_v1(
    p_bookings uuid[], p_events bigint[], p_buyers text[], p_seat_from int[], p_seat_to int[], p_seats int[],
    p_holds_max int, p_now timestamptz DEFAULT NULL
) RETURNS TABLE (
    ord int, outcome text, booking_no bigint, held_at timestamptz, expires_at timestamptz,
    seat_nos int[], tier_nos smallint[], prices bigint[], conflicts int[], on_sale_at timestamptz
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_stale uuid[];
    v_outcomes text[];
    v_conflicts text[];
    v_winners int[];
    v_contested boolean;
    v_written int;
    v_expected int;
BEGIN
    -- guard: buyers, so that two calls cannot both see room for one more hold
    IF p_holds_max > 0 THEN
        PERFORM pg_advisory_xact_lock(b.lock_key)
        FROM (SELECT DISTINCT hashtextextended(buyer, 7) AS lock_key FROM unnest(p_buyers) AS u(buyer) ORDER BY 1) b;
    END IF;
    -- guard: events, which puts every change of an event's seats in one line
    PERFORM 1 FROM event_inventory WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;
    v_now := coalesce(p_now, clock_timestamp());

    -- A hold whose time has passed counts as available at once: it is closed here if the sweeper has not come yet.
    SELECT array_agg(DISTINCT s.booking_id) INTO v_stale
    FROM unnest(p_events, p_seat_from, p_seat_to) AS c(event_id, seat_from, seat_to)
    CROSS JOIN LATERAL unnest(p_seats[c.seat_from:c.seat_to]) AS w(seat_no)
    JOIN seats s ON s.event_id = c.event_id AND s.seat_no = w.seat_no
    WHERE s.state = 1 AND s.hold_expires_at <= v_now;
    IF v_stale IS NOT NULL THEN
        PERFORM close_holds_v1(v_stale, 'EXPIRED', 'expire', v_now);
    END IF;

    -- What each command meets on one consistent picture, before any of them is granted.
    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(j.taken ORDER BY j.ord)
    INTO v_outcomes, v_conflicts
    FROM (
        SELECT c.ord,
               CASE WHEN b.id IS NOT NULL THEN CASE WHEN b.buyer = c.buyer THEN 'replayed' ELSE 'event_not_found' END
                    WHEN i.event_id IS NULL THEN 'event_not_found'
                    WHEN i.sale_paused OR v_now < i.on_sale_at OR v_now >= i.sale_ends_at THEN 'not_on_sale'
                    WHEN w.known < c.seat_to - c.seat_from + 1 THEN 'unknown_seat'
                    WHEN w.taken <> '' THEN 'seat_unavailable'
                    WHEN p_holds_max > 0 AND h.holds >= p_holds_max THEN 'too_many_holds'
                    ELSE 'held' END AS outcome,
               w.taken
        FROM unnest(p_bookings, p_events, p_buyers, p_seat_from, p_seat_to)
             WITH ORDINALITY AS c(booking_id, event_id, buyer, seat_from, seat_to, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
        LEFT JOIN event_inventory i ON i.event_id = c.event_id
        CROSS JOIN LATERAL (
            SELECT count(s.seat_no) AS known,
                   coalesce(string_agg(s.seat_no::text, ',') FILTER (WHERE s.state <> 0), '') AS taken
            FROM unnest(p_seats[c.seat_from:c.seat_to]) AS n(seat_no)
            JOIN seats s ON s.event_id = c.event_id AND s.seat_no = n.seat_no
        ) w
        CROSS JOIN LATERAL (
            SELECT count(*) AS holds FROM bookings a
            WHERE p_holds_max > 0 AND a.buyer = c.buyer AND a.status IN ('HOLD', 'PAYMENT_PENDING')
              AND (a.status = 'PAYMENT_PENDING' OR a.hold_expires_at > v_now)
        ) h
    ) j;

    -- Commands that want the same seats are decided one after the other, in order of arrival.
    SELECT count(*) > count(DISTINCT (c.event_id, n.seat_no)) INTO v_contested
    FROM unnest(p_events, p_seat_from, p_seat_to, v_outcomes) AS c(event_id, seat_from, seat_to, outcome)
    CROSS JOIN LATERAL unnest(p_seats[c.seat_from:c.seat_to]) AS n(seat_no)
    WHERE c.outcome = 'held';
    IF v_contested THEN
        SELECT d.outcomes, d.conflicts INTO v_outcomes, v_conflicts
        FROM first_come_first_served_v1(p_events, p_seat_from, p_seat_to, p_seats, v_outcomes, v_conflicts) d;
    END IF;

    SELECT array_agg(i::int), sum(p_seat_to[i] - p_seat_from[i] + 1) INTO v_winners, v_expected
    FROM generate_subscripts(v_outcomes, 1) AS g(i) WHERE v_outcomes[i] = 'held';

    IF v_winners IS NOT NULL THEN
        INSERT INTO bookings (id, event_id, buyer, seat_nos, tier_nos, prices, total,
                              held_at, hold_seconds, hold_expires_at)
        SELECT p_bookings[k.i], p_events[k.i], p_buyers[k.i], q.seat_nos, q.tier_nos, q.prices, q.total,
               v_now, e.hold_seconds, v_now + make_interval(secs => e.hold_seconds)
        FROM unnest(v_winners) AS k(i)
        JOIN event_inventory e ON e.event_id = p_events[k.i]
        CROSS JOIN LATERAL (
            SELECT array_agg(s.seat_no ORDER BY n.at) AS seat_nos, array_agg(s.tier_no ORDER BY n.at) AS tier_nos,
                   array_agg(t.price_minor ORDER BY n.at) AS prices, sum(t.price_minor)::bigint AS total
            FROM unnest(p_seats[p_seat_from[k.i]:p_seat_to[k.i]]) WITH ORDINALITY AS n(seat_no, at)
            JOIN seats s ON s.event_id = p_events[k.i] AND s.seat_no = n.seat_no
            JOIN price_tiers t ON t.event_id = p_events[k.i] AND t.tier_no = s.tier_no
        ) q;

        UPDATE seats s
        SET state = 1, booking_id = f.booking_id, hold_expires_at = f.expires_at, version = s.version + 1
        FROM (SELECT p_events[k.i] AS event_id, p_bookings[k.i] AS booking_id, n.seat_no,
                     v_now + make_interval(secs => e.hold_seconds) AS expires_at
              FROM unnest(v_winners) AS k(i)
              JOIN event_inventory e ON e.event_id = p_events[k.i]
              CROSS JOIN LATERAL unnest(p_seats[p_seat_from[k.i]:p_seat_to[k.i]]) AS n(seat_no)) f
        WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no
          AND s.state = 0;  -- guard: only a free seat
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> v_expected THEN  -- guard: all of them
            RAISE EXCEPTION 'hold_seats: wrote % of % seats', v_written, v_expected USING ERRCODE = 'RL001';
        END IF;

        PERFORM append_bookings_v1(ARRAY(SELECT p_bookings[k.i] FROM unnest(v_winners) AS k(i)), 'hold', v_now);
    END IF;

    RETURN QUERY
    SELECT g.i::int, v_outcomes[g.i], b.no, b.held_at, b.hold_expires_at, b.seat_nos, b.tier_nos, b.prices,
           string_to_array(v_conflicts[g.i], ',')::int[],
           CASE WHEN v_outcomes[g.i] = 'not_on_sale' AND v_now < e.on_sale_at THEN e.on_sale_at END
    FROM generate_subscripts(v_outcomes, 1) AS g(i)
    LEFT JOIN bookings b ON b.id = p_bookings[g.i] AND v_outcomes[g.i] IN ('held', 'replayed')
    LEFT JOIN event_inventory e ON e.event_id = p_events[g.i]
    ORDER BY 1;
END
$$;
