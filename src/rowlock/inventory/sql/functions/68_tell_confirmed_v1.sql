-- Puts the message that bookings are confirmed into the outbox.
CREATE OR REPLACE FUNCTION tell_confirmed_v1(p_bookings uuid[]) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO outbox (topic, key, payload)
    SELECT 'booking.confirmed', id::text,
           jsonb_build_object('bookingId', id, 'eventId', event_id::text, 'seats', cardinality(seat_nos))
    FROM bookings WHERE id = ANY (p_bookings) ORDER BY no
$$;
