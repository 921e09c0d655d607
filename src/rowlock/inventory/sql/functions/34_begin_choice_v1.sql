-- The first half of choosing seats for somebody: locks the events, and tells how they stand from then on.
--
-- The caller brings its pictures up to date with the answer, chooses seats for every command in order of arrival, and
-- writes them with hold_seats_v1 in the same transaction and with the same time. It has two seconds for each step:
-- a caller that stops in between must not keep an event for longer.
--
-- p_bookings, p_events and p_buyers run in parallel, one element a command, at most one command a buyer. p_pictured are
-- the distinct events, with the epoch and seq of what the caller has of each.
-- Locks: buyers and inventory rows, as in hold_seats_v1.
-- Answers JSON, times in microseconds since 1970: `now`; for each command `word` (of judge_holds_v1: `held` when nothing
-- stands against it) and `onSaleAt`; for each event that exists `prices` by tier number, `orderFee`, its rules `noOrphanSeats` and
-- `offerNearest`, and `rows`, the changes of each ledger row after the picture's, null when there are more than
-- p_rows_max or they belong to another epoch.
CREATE OR REPLACE FUNCTION begin_choice_v1(
    p_bookings uuid[], p_events bigint[], p_buyers text[], p_holds_max int,
    p_pictured bigint[], p_epochs bigint[], p_seqs bigint[], p_rows_max int
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_first int[] := array_fill(1, ARRAY[cardinality(p_bookings)]);
    v_last int[] := array_fill(0, ARRAY[cardinality(p_bookings)]);
    v_commands json;
    v_events json;
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '2s', true);
    IF p_holds_max > 0 THEN
        PERFORM pg_advisory_xact_lock(b.lock_key)
        FROM (SELECT DISTINCT hashtextextended(buyer, 7) AS lock_key FROM unnest(p_buyers) AS u(buyer) ORDER BY 1) b;
    END IF;
    PERFORM 1 FROM event_inventory WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;  -- guard: one picture
    v_now := clock_timestamp();
    PERFORM catch_up_clocks_v1(p_events, v_now);

    SELECT json_agg(json_build_object(
               'word', j.outcome,
               'onSaleAt', CASE WHEN j.outcome = 'not_on_sale' AND v_now < i.on_sale_at
                                THEN (extract(epoch FROM i.on_sale_at) * 1000000)::bigint END) ORDER BY j.ord)
    INTO v_commands
    FROM judge_holds_v1(p_bookings, p_events, p_buyers, v_first, v_last, '{}', p_holds_max, v_now) j
    LEFT JOIN event_inventory i ON i.event_id = p_events[j.ord];

    SELECT json_agg(json_build_object(
               'eventId', i.event_id, 'epoch', i.epoch, 'seq', i.seq,
               'noOrphanSeats', i.no_orphan_seats, 'offerNearest', i.offer_nearest, 'orderFee', i.order_fee,
               'prices', (SELECT json_agg(t.price_minor ORDER BY t.tier_no)
                          FROM price_tiers t WHERE t.event_id = i.event_id),
               'rows', CASE WHEN i.epoch = p.epoch AND i.seq - p.seq BETWEEN 0 AND p_rows_max THEN (
                   SELECT coalesce(json_agg(l.changes::json ORDER BY l.seq), '[]')
                   FROM seat_ledger l WHERE l.event_id = i.event_id AND l.seq > p.seq) END))
    INTO v_events
    FROM unnest(p_pictured, p_epochs, p_seqs) AS p(event_id, epoch, seq)
    JOIN event_inventory i ON i.event_id = p.event_id;

    RETURN json_build_object('now', (extract(epoch FROM v_now) * 1000000)::bigint,
                             'commands', v_commands, 'events', coalesce(v_events, '[]'));
END
$$;
