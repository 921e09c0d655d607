-- Gives the seats of holds the end that their bookings have.
--
-- Internal: the callers have locked the events' inventory rows. Only seats that still belong to the booking move.
CREATE OR REPLACE FUNCTION move_hold_ends_v1(p_bookings uuid[]) RETURNS void
LANGUAGE sql
AS $$
    UPDATE seats s SET hold_expires_at = f.hold_expires_at, version = s.version + 1
    FROM (SELECT b.id, b.event_id, b.hold_expires_at, n.seat_no
          FROM bookings b, unnest(b.seat_nos) AS n(seat_no) WHERE b.id = ANY (p_bookings)) f
    WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no AND s.booking_id = f.id AND s.state = 1;
$$;
