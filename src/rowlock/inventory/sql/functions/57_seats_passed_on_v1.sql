-- Whether somebody else than the buyer has tickets for these seats of a booking (null: for any that are left).
CREATE OR REPLACE FUNCTION seats_passed_on_v1(p_booking uuid, p_seat_nos int[]) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (SELECT 1 FROM ticket_holders h JOIN bookings b ON b.id = h.booking_id
                   WHERE h.booking_id = p_booking AND h.holder <> b.buyer AND h.seat_no <> ALL (b.returned_seat_nos)
                     AND (p_seat_nos IS NULL OR h.seat_no = ANY (p_seat_nos)))
$$;
