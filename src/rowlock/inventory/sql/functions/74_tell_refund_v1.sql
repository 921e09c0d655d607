-- Puts the message that money goes back into the outbox, once a wish: who waits for seats and who is paid both learn of it.
CREATE OR REPLACE FUNCTION tell_refund_v1(p_request uuid) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO outbox (topic, key, payload)
    SELECT 'booking.refunded', r.booking_id::text,
           jsonb_build_object('bookingId', r.booking_id, 'eventId', r.event_id::text, 'refundId', p_request, 'kind', r.kind,
                              'seatNos', to_jsonb(r.seat_nos), 'amount', sum(r.amount), 'currency', r.currency)
    FROM refunds r WHERE r.request_id = p_request
    GROUP BY r.booking_id, r.event_id, r.kind, r.seat_nos, r.currency
$$;
