-- Offers the tickets of seats to a mail address. p_names: all names of whoever offers; the tickets must be theirs.
--
-- Locks: the event's inventory row, so that seats cannot be given back meanwhile. Outcomes: offered, not_found, passed_on
-- (somebody else has one of the buyer's tickets), not_confirmed,
-- unknown_seat (also one given back), too_late (the event has begun or was called off), already_offered, too_many.
CREATE OR REPLACE FUNCTION offer_tickets_v1(
    p_id uuid, p_booking uuid, p_seat_nos int[], p_names text[], p_email text, p_hash bytea, p_seconds int
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    b bookings%ROWTYPE;
    v_starts timestamptz;
    v_holders text[];
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_booking]);
    SELECT * INTO b FROM bookings WHERE id = p_booking;
    SELECT starts_at INTO v_starts FROM events
    WHERE id = b.event_id AND NOT cancelled AND starts_at > clock_timestamp();
    SELECT array_agg(DISTINCT coalesce(h.holder, b.buyer)) INTO v_holders
    FROM unnest(p_seat_nos) AS n LEFT JOIN ticket_holders h ON h.booking_id = b.id AND h.seat_no = n;
    IF b.id IS NULL OR NOT v_holders <@ p_names THEN
        RETURN CASE WHEN b.buyer = ANY (p_names) THEN 'passed_on' ELSE 'not_found' END;
    ELSIF b.status <> 'CONFIRMED' THEN
        RETURN 'not_confirmed';
    ELSIF NOT p_seat_nos <@ b.seat_nos OR p_seat_nos && b.returned_seat_nos THEN
        RETURN 'unknown_seat';
    ELSIF v_starts IS NULL THEN
        RETURN 'too_late';
    ELSIF EXISTS (SELECT 1 FROM ticket_offers o WHERE o.booking_id = b.id AND o.state = 'open'
                  AND o.expires_at > clock_timestamp() AND o.seat_nos && p_seat_nos) THEN
        RETURN 'already_offered';
    ELSIF (SELECT count(*) FROM ticket_offers o WHERE o.booking_id = b.id) >= 5 * cardinality(b.seat_nos) THEN
        RETURN 'too_many';
    END IF;
    INSERT INTO ticket_offers (id, booking_id, seat_nos, giver, email, secret_hash, expires_at)
    VALUES (p_id, b.id, p_seat_nos, v_holders[1], p_email, p_hash,
            least(v_starts, clock_timestamp() + make_interval(secs => p_seconds)));
    RETURN 'offered';
END
$$;
