-- Makes offers holds like any other: the event's full hold time from now, at most twice the hold time since it began.
--
-- Arrays run in parallel, one element a command, distinct bookings. Locks: inventory rows by event id.
-- Outcomes: accepted, replayed (accepted before and still held), not_found, hold_expired, payment_pending,
-- booking_closed, not_offered (these are the seats that were asked for).
CREATE OR REPLACE FUNCTION accept_substitutes_v1(p_bookings uuid[], p_buyers text[], p_now timestamptz DEFAULT NULL)
RETURNS TABLE (ord int, outcome text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_outcomes text[];
    v_accepted uuid[];
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(j.id) FILTER (WHERE j.outcome = 'accepted')
    INTO v_outcomes, v_accepted
    FROM (
        SELECT c.ord, b.id,
               CASE WHEN b.id IS NULL OR b.buyer <> c.buyer THEN 'not_found'
                    WHEN b.status = 'PAYMENT_PENDING' THEN 'payment_pending'
                    WHEN b.status = 'EXPIRED' OR (b.status = 'HOLD' AND b.hold_expires_at <= v_now) THEN 'hold_expired'
                    WHEN b.status <> 'HOLD' THEN 'booking_closed'
                    WHEN s.booking_id IS NULL THEN 'not_offered'
                    WHEN s.accepted_at IS NOT NULL THEN 'replayed'
                    ELSE 'accepted' END AS outcome
        FROM unnest(p_bookings, p_buyers) WITH ORDINALITY AS c(booking_id, buyer, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
        LEFT JOIN substitutes s ON s.booking_id = b.id
    ) j;

    IF v_accepted IS NOT NULL THEN
        UPDATE substitutes SET accepted_at = v_now WHERE booking_id = ANY (v_accepted);
        UPDATE bookings b
        SET hold_expires_at = greatest(b.hold_expires_at, least(
                hold_now_v1(b.hold_expires_at, v_now) + make_interval(secs => b.hold_seconds),
                b.held_at + b.stood_still + make_interval(secs => 2 * b.hold_seconds)))
        WHERE b.id = ANY (v_accepted);
        PERFORM move_hold_ends_v1(v_accepted);
        PERFORM append_bookings_v1(v_accepted, 'accept', v_now);
    END IF;
    RETURN QUERY SELECT g.i::int, v_outcomes[g.i] FROM generate_subscripts(v_outcomes, 1) AS g(i) ORDER BY 1;
END
$$;
