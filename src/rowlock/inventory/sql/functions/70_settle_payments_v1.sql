-- Ends what begin_payments_v1 began, once the provider has spoken: paid -> CONFIRMED with booked seats,
-- not paid -> back to HOLD until the hold's own end (expired at once when that has passed).
--
-- Called by every path that learns of an outcome, in any order and as often as they like: only a booking that is
-- PAYMENT_PENDING with this very payment moves. A confirmation puts its message into the outbox in the same transaction.
-- Locks: inventory rows by event id. Outcomes: confirmed, already_confirmed, resumed, not_pending, not_found.
CREATE OR REPLACE FUNCTION settle_payments_v1(
    p_bookings uuid[], p_payments uuid[], p_paid boolean[], p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_outcomes text[];
    v_confirmed uuid[];
    v_resumed uuid[];
    v_written int;
    v_expected int;
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(DISTINCT j.id) FILTER (WHERE j.outcome = 'confirmed'),
           array_agg(DISTINCT j.id) FILTER (WHERE j.outcome = 'resumed')
    INTO v_outcomes, v_confirmed, v_resumed
    FROM (
        SELECT c.ord, b.id,
               CASE WHEN b.id IS NULL THEN 'not_found'
                    WHEN b.payment_id IS DISTINCT FROM c.payment_id THEN 'not_pending'
                    WHEN b.status = 'CONFIRMED' AND c.paid THEN 'already_confirmed'
                    WHEN b.status <> 'PAYMENT_PENDING' OR row_number() OVER (PARTITION BY b.id ORDER BY c.ord) > 1
                         THEN 'not_pending'
                    WHEN c.paid THEN 'confirmed'
                    ELSE 'resumed' END AS outcome
        FROM unnest(p_bookings, p_payments, p_paid) WITH ORDINALITY AS c(booking_id, payment_id, paid, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
    ) j;

    IF v_confirmed IS NOT NULL THEN
        UPDATE bookings SET status = 'CONFIRMED', closed_at = v_now WHERE id = ANY (v_confirmed);
        UPDATE seats s SET state = 2, hold_expires_at = NULL, version = s.version + 1
        FROM (SELECT b.id, b.event_id, n.seat_no
              FROM bookings b, unnest(b.seat_nos) AS n(seat_no) WHERE b.id = ANY (v_confirmed)) f
        WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no
          AND s.booking_id = f.id AND s.state = 1;  -- guard: only what this booking still holds
        GET DIAGNOSTICS v_written = ROW_COUNT;
        SELECT sum(cardinality(seat_nos)) INTO v_expected FROM bookings WHERE id = ANY (v_confirmed);
        IF v_written <> v_expected THEN
            RAISE EXCEPTION 'settle_payments: booked % of % seats', v_written, v_expected USING ERRCODE = 'RL001';
        END IF;
        PERFORM append_bookings_v1(v_confirmed, 'confirm', v_now);
        INSERT INTO outbox (topic, key, payload)
        SELECT 'booking.confirmed', id::text,
               jsonb_build_object('bookingId', id, 'eventId', event_id::text, 'seats', cardinality(seat_nos))
        FROM bookings WHERE id = ANY (v_confirmed) ORDER BY no;
    END IF;

    IF v_resumed IS NOT NULL THEN
        UPDATE bookings SET status = 'HOLD', payment_id = NULL WHERE id = ANY (v_resumed);
        PERFORM move_hold_ends_v1(v_resumed);
        PERFORM append_bookings_v1(v_resumed, 'resume', v_now);
    END IF;
    RETURN QUERY SELECT g.i::int, v_outcomes[g.i] FROM generate_subscripts(v_outcomes, 1) AS g(i) ORDER BY 1;
END
$$;
