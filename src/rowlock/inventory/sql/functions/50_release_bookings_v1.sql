-- Gives held seats back at their buyers' word. Nothing is released while a payment's outcome is unknown.
--
-- Locks: inventory rows by event id. Outcomes: released, already_released, not_found, hold_expired, payment_pending,
-- booking_closed.
CREATE OR REPLACE FUNCTION release_bookings_v1(p_bookings uuid[], p_buyers text[], p_now timestamptz DEFAULT NULL)
RETURNS TABLE (ord int, outcome text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_outcomes text[];
    v_released uuid[];
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(DISTINCT j.id) FILTER (WHERE j.outcome = 'released')
    INTO v_outcomes, v_released
    FROM (
        SELECT c.ord, b.id,
               CASE WHEN b.id IS NULL OR b.buyer <> c.buyer THEN 'not_found'
                    WHEN b.status = 'RELEASED' THEN 'already_released'
                    WHEN b.status = 'PAYMENT_PENDING' THEN 'payment_pending'
                    WHEN b.status = 'EXPIRED' THEN 'hold_expired'
                    WHEN b.status <> 'HOLD' THEN 'booking_closed'
                    WHEN row_number() OVER (PARTITION BY b.id ORDER BY c.ord) > 1 THEN 'already_released'
                    ELSE 'released' END AS outcome
        FROM unnest(p_bookings, p_buyers) WITH ORDINALITY AS c(booking_id, buyer, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
    ) j;

    IF v_released IS NOT NULL THEN
        PERFORM close_holds_v1(v_released, 'RELEASED', 'release', v_now);
    END IF;
    RETURN QUERY SELECT g.i::int, v_outcomes[g.i] FROM generate_subscripts(v_outcomes, 1) AS g(i) ORDER BY 1;
END
$$;
