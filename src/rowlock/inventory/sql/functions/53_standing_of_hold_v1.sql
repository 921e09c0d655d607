-- Whether a booking is a hold of this buyer whose time has not passed: held, or the word for what it is instead.
CREATE OR REPLACE FUNCTION standing_of_hold_v1(p_booking bookings, p_buyer text, p_now timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN p_booking.id IS NULL OR p_booking.buyer <> p_buyer THEN 'not_found'
                WHEN p_booking.status = 'PAYMENT_PENDING' THEN 'payment_pending'
                WHEN p_booking.status = 'EXPIRED'
                     OR (p_booking.status = 'HOLD' AND p_booking.hold_expires_at <= p_now) THEN 'hold_expired'
                WHEN p_booking.status <> 'HOLD' THEN 'booking_closed'
                ELSE 'held' END
$$;

-- Tells the ledger under which terms a hold stands since its prices changed. Internal, the inventory row locked.
CREATE OR REPLACE FUNCTION append_reprice_v1(p_booking uuid, p_now timestamptz) RETURNS void
LANGUAGE sql
AS $$
    SELECT append_ledger_v1(
        ARRAY[event_id],
        ARRAY[concat('[["reprice","', id, '",null,[],"',
                     terms_hash_v1(id, no, buyer, tier_nos, prices, total, price_list), '"]]')],
        ARRAY[0], ARRAY[0], ARRAY[0], ARRAY[0], p_now)
    FROM bookings WHERE id = p_booking
$$;
