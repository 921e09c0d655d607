-- What becomes of money that came for a booking which its payment does not bind any more.
--
-- A booking whose time ran out gets its own seats back if all of them are free (and a code it bears still has a use left),
-- and is confirmed (retaken): better than
-- paying back somebody who wanted to come. Else the money goes back: what is only authorised is let go of (void: the payment
-- becomes abandoned, and whoever calls must void it at the provider), what was taken already is paid back by one refund,
-- written here (refund). Seats that the buyer gave back are not taken again. As often as it is called: one effect.
-- Locks: the event's inventory row. Outcomes: retaken, confirmed (it paid this booking before), void, refund, not_found.
CREATE OR REPLACE FUNCTION retake_booking_v1(
    p_booking uuid, p_payment uuid, p_captured boolean, p_ref text, p_now timestamptz DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    b bookings%ROWTYPE;
    p payments%ROWTYPE;
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_booking]);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT * INTO b FROM bookings WHERE id = p_booking;
    SELECT * INTO p FROM payments WHERE id = p_payment AND booking_id = p_booking FOR UPDATE;
    IF b.id IS NULL OR p.id IS NULL THEN
        RETURN 'not_found';
    ELSIF b.payment_id = p.id AND b.status IN ('CONFIRMED', 'REFUNDED') THEN
        RETURN 'confirmed';
    ELSIF p.phase = 'captured_late' THEN
        RETURN 'refund';
    END IF;

    IF b.status = 'HOLD' THEN  -- it went on as a hold, or its end has only not been seen yet: its seats are there
        PERFORM close_holds_v1(ARRAY[b.id], 'EXPIRED', CASE WHEN b.hold_expires_at <= v_now THEN 'expire' ELSE 'lapse' END,
                               v_now);
        b.status := 'EXPIRED';
    END IF;
    IF b.status = 'EXPIRED' AND seats_free_v1(b.event_id, b.seat_nos, v_now)
       AND EXISTS (SELECT 1 FROM events WHERE id = b.event_id AND NOT cancelled AND starts_at > v_now)
       AND NOT EXISTS (SELECT 1 FROM code_uses u  -- guard: a code's last use may be somebody else's by now
                       WHERE u.booking_id = b.id
                         AND judge_code_v1(u.code_id, b.event_id, b.buyer, b.id, b.held_at) <> 'valid') THEN
        UPDATE seats SET state = 2, booking_id = b.id, version = version + 1
        WHERE event_id = b.event_id AND seat_no = ANY (b.seat_nos) AND state = 0;
        UPDATE bookings SET status = 'CONFIRMED', payment_id = p.id, closed_at = v_now, retaken_at = v_now WHERE id = b.id;
        UPDATE payments SET phase = 'authorised', updated_at = clock_timestamp(),
                            provider_ref = coalesce(p_ref, provider_ref)
        WHERE id = p.id;
        PERFORM append_bookings_v1(ARRAY[b.id], 'retake', v_now);
        PERFORM post_sales_v1(ARRAY[b.id]);
        PERFORM tell_confirmed_v1(ARRAY[b.id]);
        RETURN 'retaken';
    END IF;

    UPDATE payments SET phase = CASE WHEN p_captured THEN 'captured_late' ELSE 'abandoned' END,
                        updated_at = clock_timestamp(), provider_ref = coalesce(p_ref, provider_ref)
    WHERE id = p.id;
    IF NOT p_captured THEN
        RETURN 'void';
    END IF;
    INSERT INTO refunds (id, request_id, booking_id, payment_id, event_id, kind, seat_nos, amount, currency, asked_by, reason)
    VALUES (p.id, p.id, b.id, p.id, b.event_id, 'late_payment', '{}', p.amount, p.currency, 'rowlock',
            'The payment came when the seats were gone.');
    PERFORM post_money_v1('late_capture', b.id, p.id, NULL, p.provider, ARRAY['provider', 'refunds_due'],
                          ARRAY[p.amount, -p.amount]);
    PERFORM tell_refund_v1(p.id);
    RETURN 'refund';
END
$$;
