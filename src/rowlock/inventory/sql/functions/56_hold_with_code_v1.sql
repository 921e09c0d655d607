-- Holds seats for somebody with an access code, which opens the sale to them early or lets them have blocked seats.
--
-- Off the hot path: one hold a call, from hold_with_codes_v1. Where the code opens a block, the wanted seats of it are unblocked for the hold and
-- noted, to be blocked again when it ends unpaid. A hold that fails for any reason leaves them blocked.
-- Locks: as hold_seats_v1, then the code. Outcomes: those of hold_seats_v1 and of judge_code_v1.
CREATE OR REPLACE FUNCTION hold_with_code_v1(
    p_booking uuid, p_event bigint, p_buyer text, p_seats int[], p_code uuid, p_holds_max int,
    p_now timestamptz DEFAULT NULL
) RETURNS TABLE (
    outcome text, booking_no bigint, held_at timestamptz, expires_at timestamptz,
    seat_nos int[], tier_nos smallint[], prices bigint[], conflicts int[], on_sale_at timestamptz,
    price_list int, order_fee bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_word text;
    v_code codes;
    v_hold record;
BEGIN
    IF p_holds_max > 0 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_buyer, 7));
    END IF;
    PERFORM 1 FROM event_inventory WHERE event_id = p_event FOR UPDATE;
    v_now := coalesce(p_now, clock_timestamp());
    v_word := CASE WHEN EXISTS (SELECT FROM bookings WHERE id = p_booking) THEN 'valid'  -- a repeat finds its hold
                   ELSE judge_code_v1(p_code, p_event, p_buyer, p_booking, v_now) END;
    IF v_word <> 'valid' THEN
        RETURN QUERY SELECT v_word, NULL::bigint, NULL::timestamptz, NULL::timestamptz, NULL::int[], NULL::smallint[],
                            NULL::bigint[], NULL::int[], NULL::timestamptz, NULL::int, NULL::bigint;
        RETURN;
    END IF;
    SELECT * INTO v_code FROM codes WHERE id = p_code;
    PERFORM close_lapsed_v1(ARRAY[p_event], ARRAY[1], ARRAY[cardinality(p_seats)], p_seats, v_now);

    BEGIN
        PERFORM unlock_seats_v1(p_booking, p_event, p_seats, v_code, v_now);
        SELECT * INTO v_hold FROM hold_seats_v1(
            ARRAY[p_booking], ARRAY[p_event], ARRAY[p_buyer], ARRAY[1], ARRAY[cardinality(p_seats)], p_seats,
            p_holds_max, v_now, coalesce(v_code.opens_at <= v_now, false));
        IF v_hold.outcome = 'held' THEN
            INSERT INTO code_uses (booking_id, code_id, code, used_at) VALUES (p_booking, p_code, v_code.code, v_now);
        ELSE
            RAISE EXCEPTION USING ERRCODE = 'RL003', MESSAGE = 'not held: what was unblocked is blocked as before';
        END IF;
    EXCEPTION WHEN SQLSTATE 'RL003' THEN
        NULL;  -- v_hold keeps the outcome
    END;
    RETURN QUERY SELECT v_hold.outcome, v_hold.booking_no, v_hold.held_at, v_hold.expires_at, v_hold.seat_nos,
                        v_hold.tier_nos, v_hold.prices, v_hold.conflicts, v_hold.on_sale_at, v_hold.price_list,
                        v_hold.order_fee;
END
$$;

-- Unblocks those of the wanted seats that are in the code's block, for one booking. Internal, inventory row locked.
CREATE OR REPLACE FUNCTION unlock_seats_v1(
    p_booking uuid, p_event bigint, p_seats int[], p_code codes, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_opened int[];
    v_reason text;
BEGIN
    IF EXISTS (SELECT FROM bookings WHERE id = p_booking) THEN
        RETURN;
    END IF;
    WITH gone AS (
        DELETE FROM seat_blocks
        WHERE event_id = p_event AND block_id = p_code.block_id AND seat_no = ANY (p_seats)
        RETURNING *
    ), noted AS (
        INSERT INTO unlocked_seats (event_id, seat_no, booking_id, block_id, kind, reason, blocked_by)
        SELECT event_id, seat_no, p_booking, block_id, kind, reason, blocked_by FROM gone
        RETURNING seat_no, reason
    )
    SELECT array_agg(seat_no ORDER BY seat_no), min(reason) INTO v_opened, v_reason FROM noted;
    IF v_opened IS NULL THEN
        RETURN;
    END IF;
    UPDATE seats SET state = 0, version = version + 1 WHERE event_id = p_event AND seat_no = ANY (v_opened) AND state = 3;
    PERFORM append_ledger_v1(
        ARRAY[p_event],
        ARRAY[jsonb_build_array(jsonb_build_array(
            'unblock', p_booking, NULL, v_opened, v_reason, 'code:' || p_code.id))::text],
        ARRAY[cardinality(v_opened)], ARRAY[0], ARRAY[0], ARRAY[-cardinality(v_opened)], p_now);
END
$$;
