-- Gives seats of paid bookings back for their money: on sale again, refunds written and posted, all or nothing a booking.
--
-- Arrays run in parallel; p_seat_nos (null: all that are left) counts for every booking, so a call with seats has one booking.
-- p_buyers null: staff ask. p_window_hours: not for that long before the event begins (null: at any time).
-- kind uncollected: the provider would not hand over what it had promised, so the sale is undone and nothing goes back.
-- Locks: inventory rows by event id. Outcomes: returned, replayed (this very wish was fulfilled), not_found, not_confirmed,
-- already_returned, not_captured (its payment is being taken: come again), exchange_pending, unknown_seat, window_closed,
-- passed_on (somebody else has tickets for them: only staff take those back).
CREATE OR REPLACE FUNCTION return_seats_v1(
    p_bookings uuid[], p_requests uuid[], p_seat_nos int[], p_kind text, p_buyers text[], p_by text, p_reason text,
    p_window_hours int, p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text, amount bigint)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_seats int[];
    v_parts record;
    v_wish record;
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());
    FOR v_wish IN
        SELECT c.ord::int AS ord, c.booking_id, c.request_id, b.id, b.seat_nos, b.returned_seat_nos, p.id AS payment_id,
               p.provider, CASE
                   WHEN b.id IS NULL OR b.buyer <> c.buyer THEN 'not_found'
                   WHEN r.id IS NOT NULL THEN CASE WHEN r.booking_id = b.id THEN 'replayed' ELSE 'not_found' END
                   WHEN b.status = 'REFUNDED' THEN 'already_returned'
                   WHEN b.status <> 'CONFIRMED' THEN 'not_confirmed'
                   WHEN (p.phase = 'captured') = (p_kind = 'uncollected') THEN 'not_captured'
                   WHEN NOT p_seat_nos <@ b.seat_nos THEN 'unknown_seat'
                   WHEN p_seat_nos && b.returned_seat_nos THEN 'already_returned'
                   WHEN p_kind = 'buyer' AND seats_passed_on_v1(b.id, p_seat_nos) THEN 'passed_on'
                   WHEN v_now > e.starts_at - make_interval(hours => p_window_hours) THEN 'window_closed'
                   WHEN EXISTS (SELECT 1 FROM exchanges x JOIN bookings n ON n.id = x.booking_id
                                WHERE x.from_booking_id = b.id AND n.status IN ('HOLD', 'PAYMENT_PENDING')
                                  AND (n.status = 'PAYMENT_PENDING' OR n.hold_expires_at > v_now)) THEN 'exchange_pending'
                   ELSE 'returned' END AS outcome,
               (SELECT sum(q.amount) FROM refunds q WHERE q.request_id = c.request_id)::bigint AS before
        FROM unnest(p_bookings, p_requests, p_buyers) WITH ORDINALITY AS c(booking_id, request_id, buyer, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
        LEFT JOIN events e ON e.id = b.event_id
        LEFT JOIN payments p ON p.id = b.payment_id
        LEFT JOIN refunds r ON r.id = c.request_id
        ORDER BY c.ord
    LOOP
        ord := v_wish.ord;
        outcome := v_wish.outcome;
        amount := v_wish.before;
        IF outcome = 'returned' THEN
            v_seats := coalesce(p_seat_nos, ARRAY(SELECT n FROM unnest(v_wish.seat_nos) AS n
                                                  WHERE n <> ALL (v_wish.returned_seat_nos)));
            SELECT * INTO v_parts FROM give_seats_back_v1(v_wish.id, v_seats, v_now);
            amount := CASE WHEN p_kind = 'uncollected' THEN 0 ELSE v_parts.gross END;
            PERFORM allocate_refund_v1(v_wish.request_id, v_wish.id, p_kind, v_seats, amount, p_by, p_reason);
            PERFORM post_money_v1(
                'refund', v_wish.id, v_wish.payment_id, v_wish.request_id, v_wish.provider,
                ARRAY['organiser', 'fees', 'tax', CASE WHEN p_kind = 'uncollected' THEN 'buyer' ELSE 'refunds_due' END],
                ARRAY[v_parts.gross - v_parts.fee - v_parts.tax, v_parts.fee, v_parts.tax, -v_parts.gross]);
            UPDATE payments SET phase = 'voided', updated_at = clock_timestamp()
            WHERE id = v_wish.payment_id AND p_kind = 'uncollected';
            PERFORM tell_refund_v1(v_wish.request_id);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
