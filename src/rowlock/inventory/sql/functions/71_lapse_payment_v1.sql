-- Lets go of seats whose payment nobody could learn the outcome of for as long as an unknown outcome may bind them.
--
-- The payment stays on the list of what the provider is asked about (abandoned); money that still comes goes the way of
-- retake_booking_v1. A message says so in the same transaction. Locks: the event's inventory row. Answers whether the seats
-- were let go of now.
CREATE OR REPLACE FUNCTION lapse_payment_v1(p_booking uuid, p_payment uuid, p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_booking]);
    UPDATE bookings SET status = 'HOLD', payment_id = NULL
    WHERE id = p_booking AND status = 'PAYMENT_PENDING' AND payment_id = p_payment
      AND hold_expires_at < standstill_v1();  -- guard: nothing is let go of while the sale's clock is stopped
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE payments SET phase = 'abandoned', updated_at = clock_timestamp() WHERE id = p_payment;
    PERFORM close_holds_v1(ARRAY[p_booking], 'EXPIRED', 'lapse', coalesce(p_now, clock_timestamp()));
    INSERT INTO outbox (topic, key, payload)
    SELECT 'booking.lapsed', id::text, jsonb_build_object('bookingId', id, 'eventId', event_id::text)
    FROM bookings WHERE id = p_booking;
    RETURN true;
END
$$;
