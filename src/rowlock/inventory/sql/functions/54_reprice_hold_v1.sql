-- Puts a code on a hold: its seats cost p_prices from now on, of which p_fees are fees and p_taxes tax.
--
-- The caller has reckoned the prices from those that it read; p_total_was is their total, and another total refuses them.
-- The ledger's step is [reprice, booking id, null, [], terms hash]. Locks: the inventory row, the code.
-- Outcomes: repriced, replayed (it bears this code), not_found, payment_pending, hold_expired, booking_closed,
-- another_code (it bears another), changed (another total), and those of judge_code_v1.
CREATE OR REPLACE FUNCTION reprice_hold_v1(
    p_booking uuid, p_buyer text, p_code uuid, p_total_was bigint,
    p_prices bigint[], p_fees bigint[], p_taxes bigint[], p_order_fee bigint, p_now timestamptz DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_booking bookings;
    v_word text;
    v_borne uuid;
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_booking]);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT * INTO v_booking FROM bookings WHERE id = p_booking;
    v_word := standing_of_hold_v1(v_booking, p_buyer, v_now);
    IF v_word <> 'held' THEN
        RETURN v_word;
    END IF;
    SELECT code_id INTO v_borne FROM code_uses WHERE booking_id = p_booking;
    IF v_borne IS NOT NULL THEN
        RETURN CASE WHEN v_borne = p_code THEN 'replayed' ELSE 'another_code' END;
    END IF;
    IF v_booking.total <> p_total_was THEN
        RETURN 'changed';
    END IF;
    v_word := judge_code_v1(p_code, v_booking.event_id, p_buyer, p_booking, v_now);
    IF v_word <> 'valid' THEN
        RETURN v_word;
    END IF;

    INSERT INTO code_uses (booking_id, code_id, code, list_prices, list_order_fee, fees, taxes, used_at)
    SELECT p_booking, p_code, c.code, v_booking.prices, v_booking.order_fee, p_fees, p_taxes, v_now
    FROM codes c WHERE c.id = p_code;
    UPDATE bookings
    SET prices = p_prices, order_fee = p_order_fee, total = p_order_fee + (SELECT sum(p) FROM unnest(p_prices) AS u(p))
    WHERE id = p_booking;
    PERFORM append_reprice_v1(p_booking, v_now);
    RETURN 'repriced';
END
$$;
