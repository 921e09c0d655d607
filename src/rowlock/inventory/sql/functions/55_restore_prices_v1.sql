-- Takes the code off a hold, which costs what its price list says again; the code's use is free for others.
--
-- Locks: the inventory row. Outcomes: repriced, replayed (it bears none), not_found, payment_pending, hold_expired,
-- booking_closed, code_holds_seats (the seats were had by the code: only giving them back gives it back).
CREATE OR REPLACE FUNCTION restore_prices_v1(p_booking uuid, p_buyer text, p_now timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_booking bookings;
    v_use code_uses;
    v_word text;
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_booking]);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT * INTO v_booking FROM bookings WHERE id = p_booking;
    v_word := standing_of_hold_v1(v_booking, p_buyer, v_now);
    IF v_word <> 'held' THEN
        RETURN v_word;
    END IF;
    SELECT * INTO v_use FROM code_uses WHERE booking_id = p_booking;
    IF v_use.booking_id IS NULL THEN
        RETURN 'replayed';
    END IF;
    IF v_use.list_prices IS NULL THEN
        RETURN 'code_holds_seats';
    END IF;
    DELETE FROM code_uses WHERE booking_id = p_booking;
    UPDATE bookings
    SET prices = v_use.list_prices, order_fee = v_use.list_order_fee,
        total = v_use.list_order_fee + (SELECT sum(p) FROM unnest(v_use.list_prices) AS u(p))
    WHERE id = p_booking;
    PERFORM append_reprice_v1(p_booking, v_now);
    RETURN 'repriced';
END
$$;
