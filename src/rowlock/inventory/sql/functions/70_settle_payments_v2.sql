-- Ends what begin_payments_v2 began, once the provider has spoken: paid -> CONFIRMED with booked seats and a posted sale,
-- not paid -> back to HOLD until the hold's own end (expired at once when that has passed).
--
-- Called by every path that learns of an outcome, in any order and as often as they like: only a booking that is
-- PAYMENT_PENDING with this very payment moves. A confirmation puts its message into the outbox in the same transaction.
-- The payment's phase moves with it: p_phases has authorised for what was paid; declined, voided or abandoned (the provider
-- never heard of it, and may yet) for what was not.
-- Locks: inventory rows by event id. Outcomes: confirmed, already_confirmed, resumed, late (money for a booking that this
-- payment does not bind any more: see retake_booking_v1), not_pending, not_found.
CREATE OR REPLACE FUNCTION settle_payments_v2(
    p_bookings uuid[], p_payments uuid[], p_phases text[], p_reasons text[], p_refs text[],
    p_now timestamptz DEFAULT NULL
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
                    WHEN b.payment_id IS DISTINCT FROM c.payment_id
                         THEN CASE WHEN c.phase = 'authorised' THEN 'late' ELSE 'not_pending' END
                    WHEN b.status IN ('CONFIRMED', 'REFUNDED')
                         THEN CASE WHEN c.phase = 'authorised' THEN 'already_confirmed' ELSE 'not_pending' END
                    WHEN row_number() OVER (PARTITION BY b.id ORDER BY c.ord) > 1 THEN 'not_pending'
                    WHEN c.phase = 'authorised' THEN 'confirmed'
                    ELSE 'resumed' END AS outcome
        FROM unnest(p_bookings, p_payments, p_phases) WITH ORDINALITY AS c(booking_id, payment_id, phase, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
    ) j;

    -- guard: forward only, so that a path that comes late never takes back what another has noted
    UPDATE payments p
    SET phase = c.phase, decline_reason = c.reason, next_action_url = NULL, updated_at = clock_timestamp(),
        provider_ref = coalesce(c.ref, p.provider_ref)
    FROM unnest(p_payments, p_phases, p_reasons, p_refs, v_outcomes)
         AS c(payment_id, phase, reason, ref, outcome)
    WHERE p.id = c.payment_id
      AND CASE c.outcome WHEN 'confirmed' THEN p.phase IN ('authorising', 'challenged')
                         WHEN 'resumed' THEN p.phase IN ('authorising', 'challenged', 'authorised')
                         WHEN 'not_pending' THEN c.phase <> 'authorised' AND p.phase IN ('authorising', 'challenged', 'abandoned')
                         ELSE false END;

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
        PERFORM post_sales_v1(v_confirmed);
        PERFORM tell_confirmed_v1(v_confirmed);
        IF EXISTS (SELECT 1 FROM exchanges WHERE booking_id = ANY (v_confirmed) AND done_at IS NULL) THEN
            PERFORM finish_exchange_v1(x.booking_id, v_now)
            FROM exchanges x WHERE x.booking_id = ANY (v_confirmed) AND x.done_at IS NULL ORDER BY x.booking_id;
        END IF;
    END IF;

    IF v_resumed IS NOT NULL THEN
        UPDATE bookings b
        SET status = 'HOLD', payment_id = NULL, declines = b.declines + (c.phase = 'declined')::int,
            declined_at = CASE WHEN c.phase = 'declined' THEN v_now ELSE b.declined_at END
        FROM unnest(p_bookings, p_phases, v_outcomes) AS c(booking_id, phase, outcome)
        WHERE b.id = c.booking_id AND c.outcome = 'resumed';
        PERFORM move_hold_ends_v1(v_resumed);
        PERFORM append_bookings_v1(v_resumed, 'resume', v_now);
    END IF;
    RETURN QUERY SELECT g.i::int, v_outcomes[g.i] FROM generate_subscripts(v_outcomes, 1) AS g(i) ORDER BY 1;
END
$$;
