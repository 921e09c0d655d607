-- Writes down what goes back for a booking, from its own payment first, and from those of the seats it was exchanged for when
-- that is not enough. Internal: the event's inventory row is locked.
--
-- Amounts in minor units. The refund from the booking's own payment has the wish's id, so a repeat is known by it.
CREATE OR REPLACE FUNCTION allocate_refund_v1(
    p_request uuid, p_booking uuid, p_kind text, p_seat_nos int[], p_amount bigint, p_by text, p_reason text
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_left bigint := p_amount;
    v_source record;
    v_part bigint;
BEGIN
    FOR v_source IN
        WITH RECURSIVE paid_by AS (
            SELECT b.id, b.payment_id, 0 AS depth FROM bookings b WHERE b.id = p_booking
            UNION ALL
            SELECT f.id, f.payment_id, s.depth + 1
            FROM paid_by s JOIN exchanges x ON x.booking_id = s.id AND x.done_at IS NOT NULL
            JOIN bookings f ON f.id = x.from_booking_id
        )
        SELECT p.id, p.provider, p.currency, s.depth,
               p.amount - (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.payment_id = p.id)::bigint AS rest
        FROM paid_by s JOIN payments p ON p.id = s.payment_id ORDER BY s.depth
    LOOP
        v_part := least(v_left, v_source.rest);
        IF v_source.depth = 0 OR v_part > 0 THEN
            INSERT INTO refunds (id, request_id, booking_id, payment_id, event_id, kind, seat_nos, amount, currency,
                                 phase, asked_by, reason)
            SELECT CASE WHEN v_source.depth = 0 THEN p_request
                        ELSE md5(p_request || ' ' || v_source.id)::uuid END,
                   p_request, b.id, v_source.id, b.event_id, p_kind, p_seat_nos, v_part, v_source.currency,
                   CASE WHEN v_part = 0 THEN 'paid' ELSE 'due' END, p_by, p_reason
            FROM bookings b WHERE b.id = p_booking;
            v_left := v_left - v_part;
        END IF;
    END LOOP;
    IF v_left <> 0 THEN  -- guard: never more than was paid
        RAISE EXCEPTION 'allocate_refund: % of % was never paid', v_left, p_amount USING ERRCODE = 'RL001';
    END IF;
END
$$;
