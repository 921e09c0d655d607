-- Holds seats for many buyers at once: each command gets all its seats or none.
--
-- Arrays run in parallel, one element a command, in order of arrival; command i wants
-- p_seats[p_seat_from[i] : p_seat_to[i]], distinct numbers; the ranges lie one behind the other and fill p_seats.
-- Commands may want the same seat: first come, first served. The caller sends at most one command a buyer in a call.
--
-- Locks, in this order: buyers (advisory, by hash), inventory rows (by event id), seats (by update, under the latter).
-- Outcomes, by precedence: replayed (this booking id exists and is the buyer's: nothing is done twice), event_not_found,
-- sale_paused (its clock is stopped), not_on_sale, unknown_seat, seat_unavailable (with the seats), too_many_holds, held.
-- p_early: what these commands name may be held before the sale opens (hold_with_codes_v1 says so).
-- The database clock, read after the locks, is the only clock. p_now overrides it in tests.
-- Every seat is looked at once and written once: what the look finds is kept in arrays beside p_seats, and what is
-- written is not read again. Rows come in no order; `ord` counts the commands from 1.
-- Prices are those of the event's price list at that moment; the booking names the list, and bears its order fee.
DROP FUNCTION IF EXISTS hold_seats_v1;  -- what a function answers cannot be replaced
CREATE FUNCTION hold_seats_v1(
    p_bookings uuid[], p_events bigint[], p_buyers text[], p_seat_from int[], p_seat_to int[], p_seats int[],
    p_holds_max int, p_now timestamptz DEFAULT NULL, p_early boolean DEFAULT false
) RETURNS TABLE (
    ord int, outcome text, booking_no bigint, held_at timestamptz, expires_at timestamptz,
    seat_nos int[], tier_nos smallint[], prices bigint[], conflicts int[], on_sale_at timestamptz,
    price_list int, order_fee bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_stale uuid[];
    v_states smallint[];    -- of p_seats, null for a seat that does not exist
    v_tiers smallint[];
    v_prices bigint[];
    v_wanted bigint[];      -- event id and seat number in one number; seat numbers stay below 2**20
    v_outcomes text[];
    v_conflicts text[];
    v_ends timestamptz[];   -- when a hold of that command would end
    v_lists int[];          -- of its event: the price list, and what an order costs beside its tickets
    v_fees bigint[];
    v_winners int[];
    v_nos bigint[];         -- of the winners' bookings
    v_totals bigint[];
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
    -- (No DISTINCT here: it would sort, and the arrays have to keep the order of p_seats.)
    SELECT array_agg(CASE WHEN l.stale THEN 0 ELSE l.state END), array_agg(l.tier_no), array_agg(l.price_minor),
           array_agg(l.booking_id) FILTER (WHERE l.stale), array_agg(l.wanted)
    INTO v_states, v_tiers, v_prices, v_stale, v_wanted
    FROM (
        SELECT (c.event_id << 20) | n.seat_no AS wanted, s.state, s.tier_no, s.booking_id, t.price_minor,
               s.state = 1 AND s.hold_expires_at <= v_now AS stale
        FROM unnest(p_events, p_seat_from, p_seat_to) WITH ORDINALITY AS c(event_id, seat_from, seat_to, ord)
        CROSS JOIN LATERAL unnest(p_seats[c.seat_from:c.seat_to]) WITH ORDINALITY AS n(seat_no, at)
        LEFT JOIN seats s ON s.event_id = c.event_id AND s.seat_no = n.seat_no
        LEFT JOIN price_tiers t ON t.event_id = c.event_id AND t.tier_no = s.tier_no
        ORDER BY c.ord, n.at
    ) l;
    IF v_stale IS NOT NULL THEN
        IF catch_up_clocks_v1(p_events, v_now) THEN  -- guard: an outage takes nobody's hold
            RETURN QUERY SELECT * FROM hold_seats_v1(
                p_bookings, p_events, p_buyers, p_seat_from, p_seat_to, p_seats, p_holds_max, v_now, p_early);
            RETURN;
        END IF;
        PERFORM close_holds_v1(ARRAY(SELECT DISTINCT b FROM unnest(v_stale) AS u(b)), 'EXPIRED', 'expire', v_now);
        -- What a code had opened is blocked again.
        v_states := ARRAY(
            SELECT CASE WHEN b.seat_no IS NULL THEN u.state ELSE 3 END
            FROM unnest(v_states, v_wanted) WITH ORDINALITY AS u(state, wanted, at)
            LEFT JOIN seat_blocks b ON b.event_id = u.wanted >> 20 AND b.seat_no = (u.wanted & 1048575)
            ORDER BY u.at);
    END IF;

    -- What each command meets on this one picture, before any of them is granted.
    SELECT array_agg(j.outcome), array_agg(j.taken), array_agg(j.ends), array_agg(j.price_list), array_agg(j.order_fee)
    INTO v_outcomes, v_conflicts, v_ends, v_lists, v_fees
    FROM (
        SELECT CASE WHEN b.id IS NOT NULL THEN CASE WHEN b.buyer = c.buyer THEN 'replayed' ELSE 'event_not_found' END
                    WHEN i.event_id IS NULL THEN 'event_not_found'
                    WHEN i.clock_stopped_at IS NOT NULL THEN 'sale_paused'
                    WHEN i.sale_paused OR (v_now < i.on_sale_at AND NOT p_early) OR v_now >= i.sale_ends_at THEN 'not_on_sale'
                    WHEN array_position(v_states[c.seat_from:c.seat_to], NULL) IS NOT NULL THEN 'unknown_seat'
                    WHEN w.taken <> '' THEN 'seat_unavailable'
                    WHEN p_holds_max > 0 AND (
                        SELECT count(*) FROM bookings a
                        WHERE a.buyer = c.buyer AND a.status IN ('HOLD', 'PAYMENT_PENDING')
                          AND (a.status = 'PAYMENT_PENDING' OR a.hold_expires_at > v_now)
                    ) >= p_holds_max THEN 'too_many_holds'
                    ELSE 'held' END AS outcome,
               w.taken, v_now + make_interval(secs => i.hold_seconds) AS ends, i.price_list, i.order_fee
        FROM unnest(p_bookings, p_events, p_buyers, p_seat_from, p_seat_to)
             WITH ORDINALITY AS c(booking_id, event_id, buyer, seat_from, seat_to, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
        LEFT JOIN event_inventory i ON i.event_id = c.event_id
        CROSS JOIN LATERAL (
            SELECT coalesce(string_agg(p_seats[k.i]::text, ','), '') AS taken
            FROM generate_series(c.seat_from, c.seat_to) AS k(i) WHERE v_states[k.i] <> 0
        ) w
        ORDER BY c.ord
    ) j;

    -- Commands that want the same seats are decided one after the other, in order of arrival.
    IF (SELECT count(*) > count(DISTINCT w) FROM unnest(v_wanted) AS u(w)) THEN
        SELECT d.outcomes, d.conflicts INTO v_outcomes, v_conflicts
        FROM first_come_first_served_v1(p_events, p_seat_from, p_seat_to, p_seats, v_outcomes, v_conflicts) d;
    END IF;

    SELECT array_agg(i::int), sum(p_seat_to[i] - p_seat_from[i] + 1) INTO v_winners, v_expected
    FROM generate_subscripts(v_outcomes, 1) AS g(i) WHERE v_outcomes[i] = 'held';

    IF v_winners IS NOT NULL THEN
        SELECT array_agg(nextval('bookings_no_seq')),
               array_agg((SELECT sum(p.price) FROM unnest(v_prices[p_seat_from[k.i]:p_seat_to[k.i]]) AS p(price)) + v_fees[k.i])
        INTO v_nos, v_totals
        FROM unnest(v_winners) AS k(i);

        INSERT INTO bookings (id, no, event_id, buyer, seat_nos, tier_nos, prices, total,
                              held_at, hold_seconds, hold_expires_at, price_list, order_fee)
        OVERRIDING SYSTEM VALUE
        SELECT p_bookings[k.i], v_nos[k.at], p_events[k.i], p_buyers[k.i], p_seats[p_seat_from[k.i]:p_seat_to[k.i]],
               v_tiers[p_seat_from[k.i]:p_seat_to[k.i]], v_prices[p_seat_from[k.i]:p_seat_to[k.i]], v_totals[k.at],
               v_now, extract(epoch FROM v_ends[k.i] - v_now), v_ends[k.i], v_lists[k.i], v_fees[k.i]
        FROM unnest(v_winners) WITH ORDINALITY AS k(i, at);

        UPDATE seats s
        SET state = 1, booking_id = f.booking_id, hold_expires_at = f.expires_at, version = s.version + 1
        FROM (SELECT p_events[k.i] AS event_id, p_bookings[k.i] AS booking_id, n.seat_no, v_ends[k.i] AS expires_at
              FROM unnest(v_winners) AS k(i)
              CROSS JOIN LATERAL unnest(p_seats[p_seat_from[k.i]:p_seat_to[k.i]]) AS n(seat_no)) f
        WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no
          AND s.state = 0;  -- guard: only a free seat
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> v_expected THEN  -- guard: all of them
            RAISE EXCEPTION 'hold_seats: wrote % of % seats', v_written, v_expected USING ERRCODE = 'RL001';
        END IF;

        PERFORM append_ledger_v1(array_agg(e.event_id), array_agg(e.changes), array_agg(-e.seats), array_agg(e.seats),
                                 array_agg(0), array_agg(0), v_now)
        FROM (
            SELECT p_events[k.i] AS event_id, sum(p_seat_to[k.i] - p_seat_from[k.i] + 1)::int AS seats,
                   '[' || string_agg(hold_change_v1(
                       p_bookings[k.i], v_nos[k.at], p_buyers[k.i], p_seats[p_seat_from[k.i]:p_seat_to[k.i]],
                       v_tiers[p_seat_from[k.i]:p_seat_to[k.i]], v_prices[p_seat_from[k.i]:p_seat_to[k.i]],
                       v_totals[k.at], v_lists[k.i], v_ends[k.i]), ',' ORDER BY k.at) || ']' AS changes
            FROM unnest(v_winners) WITH ORDINALITY AS k(i, at)
            GROUP BY p_events[k.i]
        ) e;

        RETURN QUERY
        SELECT k.i, 'held', v_nos[k.at], v_now, v_ends[k.i], p_seats[p_seat_from[k.i]:p_seat_to[k.i]],
               v_tiers[p_seat_from[k.i]:p_seat_to[k.i]], v_prices[p_seat_from[k.i]:p_seat_to[k.i]],
               NULL::int[], NULL::timestamptz, v_lists[k.i], v_fees[k.i]
        FROM unnest(v_winners) WITH ORDINALITY AS k(i, at);
        IF cardinality(v_winners) = cardinality(v_outcomes) THEN
            RETURN;
        END IF;
    END IF;

    RETURN QUERY
    SELECT g.i::int, v_outcomes[g.i], b.no, b.held_at, b.hold_expires_at, b.seat_nos, b.tier_nos, b.prices,
           string_to_array(v_conflicts[g.i], ',')::int[],
           CASE WHEN v_outcomes[g.i] = 'not_on_sale' AND v_now < e.on_sale_at THEN e.on_sale_at END,
           b.price_list, b.order_fee
    FROM generate_subscripts(v_outcomes, 1) AS g(i)
    LEFT JOIN bookings b ON b.id = p_bookings[g.i] AND v_outcomes[g.i] = 'replayed'
    LEFT JOIN event_inventory e ON e.event_id = p_events[g.i]
    WHERE v_outcomes[g.i] <> 'held';
END
$$;
