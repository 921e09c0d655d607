-- Notes that a hold is to be paid with seats of the same buyer's confirmed booking of the same event: what they cost counts
-- towards it, and they go back on sale in the very transaction that confirms the hold.
--
-- Locks: the event's inventory row. Outcomes: noted (also when it was noted before), not_found, not_confirmed, hold_expired,
-- booking_closed (the hold is being paid or is none), other_event, unknown_seat, already_returned, window_closed, passed_on.
CREATE OR REPLACE FUNCTION note_exchange_v1(
    p_hold uuid, p_from uuid, p_seat_nos int[], p_buyer text, p_window_hours int, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT due bigint, OUT back bigint
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    h bookings%ROWTYPE;
    f bookings%ROWTYPE;
    v_credit bigint;
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_hold, p_from]);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT * INTO h FROM bookings WHERE id = p_hold AND buyer = p_buyer;
    SELECT * INTO f FROM bookings WHERE id = p_from AND buyer = p_buyer;
    outcome := CASE
        WHEN h.id IS NULL OR f.id IS NULL THEN 'not_found'
        WHEN f.status <> 'CONFIRMED' THEN 'not_confirmed'
        WHEN h.status = 'EXPIRED' OR (h.status = 'HOLD' AND h.hold_expires_at <= v_now) THEN 'hold_expired'
        WHEN h.status <> 'HOLD' THEN 'booking_closed'
        WHEN h.event_id <> f.event_id THEN 'other_event'
        WHEN NOT p_seat_nos <@ f.seat_nos THEN 'unknown_seat'
        WHEN p_seat_nos && f.returned_seat_nos THEN 'already_returned'
        WHEN seats_passed_on_v1(f.id, p_seat_nos) THEN 'passed_on'
        WHEN (SELECT starts_at FROM events WHERE id = f.event_id) - make_interval(hours => p_window_hours) < v_now
             THEN 'window_closed'
        WHEN EXISTS (SELECT 1 FROM exchanges x JOIN bookings n ON n.id = x.booking_id
                     WHERE x.from_booking_id = f.id AND x.booking_id <> h.id AND x.from_seat_nos && p_seat_nos
                       AND n.status IN ('HOLD', 'PAYMENT_PENDING')
                       AND (n.status = 'PAYMENT_PENDING' OR n.hold_expires_at > v_now)) THEN 'exchange_pending'
        ELSE 'noted' END;
    IF outcome <> 'noted' THEN
        RETURN;
    END IF;
    SELECT sum(gross) INTO v_credit FROM booking_split_v1(ARRAY[f.id])
    WHERE seat_no = ANY (p_seat_nos)
       OR (seat_no IS NULL AND cardinality(f.returned_seat_nos) + cardinality(p_seat_nos) = cardinality(f.seat_nos));
    INSERT INTO exchanges (booking_id, from_booking_id, from_seat_nos, credit) VALUES (h.id, f.id, p_seat_nos, v_credit)
    ON CONFLICT (booking_id) DO UPDATE
    SET from_booking_id = excluded.from_booking_id, from_seat_nos = excluded.from_seat_nos, credit = excluded.credit
    WHERE exchanges.done_at IS NULL;
    due := greatest(0, h.total - v_credit);
    back := greatest(0, v_credit - h.total);
END
$$;

-- Gives the seats of an exchange back now that the new ones are paid. Internal: settle_payments_v2 has locked the event and
-- confirmed the new booking; no seat of an exchange under way can have been returned or exchanged otherwise.
CREATE OR REPLACE FUNCTION finish_exchange_v1(p_booking uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    x exchanges%ROWTYPE;
    n bookings%ROWTYPE;
    f bookings%ROWTYPE;
    v_parts record;
    v_provider text;
    v_used bigint;
    v_back bigint;
BEGIN
    UPDATE exchanges SET done_at = p_now WHERE booking_id = p_booking AND done_at IS NULL RETURNING * INTO x;
    SELECT * INTO n FROM bookings WHERE id = p_booking;
    SELECT * INTO f FROM bookings WHERE id = x.from_booking_id;
    SELECT provider INTO v_provider FROM payments WHERE id = f.payment_id;
    SELECT * INTO v_parts FROM give_seats_back_v1(f.id, x.from_seat_nos, p_now);
    v_used := least(x.credit, n.total);
    v_back := v_parts.gross - v_used;
    PERFORM allocate_refund_v1(x.booking_id, f.id, 'exchange', x.from_seat_nos, v_back, 'buyer', 'Exchanged for other seats.');
    PERFORM post_money_v1('refund', f.id, f.payment_id, x.booking_id, v_provider,
                          ARRAY['organiser', 'fees', 'tax', 'exchange', 'refunds_due'],
                          ARRAY[v_parts.gross - v_parts.fee - v_parts.tax, v_parts.fee, v_parts.tax, -v_used, -v_back]);
    PERFORM post_money_v1('exchange', n.id, n.payment_id, NULL, v_provider,
                          ARRAY['exchange', 'buyer'], ARRAY[v_used, -v_used]);
    PERFORM tell_refund_v1(x.booking_id);
END
$$;
