-- Binds holds to a payment whose outcome is not known yet: their seats can neither expire nor be released.
--
-- The booking names the payment that binds it; the same payment may begin again (a retry), another may not.
-- Locks: inventory rows by event id. The hold's own end stays on the booking, for a payment that fails.
-- Outcomes: begun, replayed, not_found, hold_expired, already_begun (somebody is paying), confirmed, booking_closed.
CREATE OR REPLACE FUNCTION begin_payments_v1(
    p_bookings uuid[], p_buyers text[], p_payments uuid[], p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_outcomes text[];
    v_begun uuid[];
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(DISTINCT j.id) FILTER (WHERE j.outcome = 'begun')
    INTO v_outcomes, v_begun
    FROM (
        SELECT c.ord, b.id,
               CASE WHEN b.id IS NULL OR b.buyer <> c.buyer THEN 'not_found'
                    WHEN b.payment_id = c.payment_id THEN 'replayed'
                    WHEN b.status = 'CONFIRMED' THEN 'confirmed'
                    WHEN b.status = 'PAYMENT_PENDING' THEN 'already_begun'
                    WHEN b.status = 'EXPIRED' OR (b.status = 'HOLD' AND b.hold_expires_at <= v_now) THEN 'hold_expired'
                    WHEN b.status <> 'HOLD' THEN 'booking_closed'
                    WHEN row_number() OVER (PARTITION BY b.id ORDER BY c.ord) > 1 THEN 'already_begun'
                    ELSE 'begun' END AS outcome
        FROM unnest(p_bookings, p_buyers, p_payments) WITH ORDINALITY AS c(booking_id, buyer, payment_id, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
    ) j;

    IF v_begun IS NOT NULL THEN
        UPDATE bookings b SET status = 'PAYMENT_PENDING', payment_id = c.payment_id
        FROM unnest(p_bookings, p_payments, v_outcomes) AS c(booking_id, payment_id, outcome)
        WHERE b.id = c.booking_id AND c.outcome = 'begun';
        UPDATE seats s SET hold_expires_at = 'infinity', version = s.version + 1
        FROM (SELECT b.id, b.event_id, n.seat_no
              FROM bookings b, unnest(b.seat_nos) AS n(seat_no) WHERE b.id = ANY (v_begun)) f
        WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no AND s.booking_id = f.id AND s.state = 1;

        PERFORM append_bookings_v1(v_begun, 'pay', v_now);
    END IF;
    RETURN QUERY SELECT g.i::int, v_outcomes[g.i] FROM generate_subscripts(v_outcomes, 1) AS g(i) ORDER BY 1;
END
$$;
