-- Claims the seats of a booking that is about to be confirmed for everybody it is known to belong to: the account, the
-- card. Answers whether all of them stay within the event's cap on tickets a person; if not, nothing is claimed.
--
-- A claim counts while its booking is being paid or is confirmed, so a booking that is given up or refunded gives its seats
-- back by itself. Locks: one advisory lock for each event and identity, in order; claims of one identity wait for each other.
CREATE OR REPLACE FUNCTION claim_tickets_v1(p_booking uuid, p_identities text[]) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    v_event_id bigint;
    v_seats int;
    v_cap int;
BEGIN
    SELECT b.event_id, cardinality(b.seat_nos), i.tickets_per_person_max INTO v_event_id, v_seats, v_cap
    FROM bookings b JOIN event_inventory i ON i.event_id = b.event_id WHERE b.id = p_booking;
    IF v_cap IS NULL THEN
        RETURN true;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(v_event_id || ' ' || o.identity, 0))  -- guard: one after the other
    FROM (SELECT DISTINCT identity FROM unnest(p_identities) AS identity ORDER BY identity) o;
    IF EXISTS (
        SELECT 1 FROM unnest(p_identities) AS o(identity)
        WHERE v_seats + (SELECT coalesce(sum(c.seats - cardinality(b.returned_seat_nos)), 0) FROM ticket_claims c JOIN bookings b ON b.id = c.booking_id
                         WHERE c.event_id = v_event_id AND c.identity = o.identity AND c.booking_id <> p_booking
                           AND b.status IN ('PAYMENT_PENDING', 'CONFIRMED')) > v_cap
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO ticket_claims (event_id, identity, booking_id, seats)
    SELECT v_event_id, identity, p_booking, v_seats FROM (SELECT DISTINCT identity FROM unnest(p_identities) AS identity) o
    ON CONFLICT DO NOTHING;
    RETURN true;
END
$$;
