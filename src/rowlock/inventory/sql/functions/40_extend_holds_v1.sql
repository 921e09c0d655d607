-- Gives holds more time: the event's hold time from now, at most twice the hold time since it began, twice at most.
--
-- Arrays run in parallel, one element a command. A key that a booking's last extension carried extends nothing again.
-- Locks: inventory rows by event id. Outcomes: extended, replayed, not_found, hold_expired, payment_pending,
-- booking_closed, no_more_extensions.
CREATE OR REPLACE FUNCTION extend_holds_v1(
    p_bookings uuid[], p_buyers text[], p_keys text[], p_now timestamptz DEFAULT NULL
) RETURNS TABLE (ord int, outcome text, expires_at timestamptz, extensions smallint)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_outcomes text[];
    v_extended uuid[];
BEGIN
    PERFORM lock_events_of_v1(p_bookings);
    v_now := coalesce(p_now, clock_timestamp());

    SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(DISTINCT j.id) FILTER (WHERE j.outcome = 'extended')
    INTO v_outcomes, v_extended
    FROM (
        SELECT c.ord, b.id,
               CASE WHEN b.id IS NULL OR b.buyer <> c.buyer THEN 'not_found'
                    WHEN c.key <> '' AND b.extension_key = c.key THEN 'replayed'
                    WHEN b.status = 'PAYMENT_PENDING' THEN 'payment_pending'
                    WHEN b.status = 'EXPIRED' OR (b.status = 'HOLD' AND b.hold_expires_at <= v_now) THEN 'hold_expired'
                    WHEN b.status <> 'HOLD' THEN 'booking_closed'
                    WHEN b.extensions >= 2 OR row_number() OVER (PARTITION BY b.id ORDER BY c.ord) > 1
                         OR b.hold_expires_at >= b.held_at + b.stood_still + make_interval(secs => 2 * b.hold_seconds)
                         THEN 'no_more_extensions'
                    ELSE 'extended' END AS outcome
        FROM unnest(p_bookings, p_buyers, p_keys) WITH ORDINALITY AS c(booking_id, buyer, key, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
    ) j;

    IF v_extended IS NOT NULL THEN
        UPDATE bookings b
        SET hold_expires_at = greatest(b.hold_expires_at, least(
                hold_now_v1(b.hold_expires_at, v_now) + make_interval(secs => b.hold_seconds),
                b.held_at + b.stood_still + make_interval(secs => 2 * b.hold_seconds))),
            extensions = b.extensions + 1, extension_key = c.key
        FROM unnest(p_bookings, p_keys, v_outcomes) AS c(booking_id, key, outcome)
        WHERE b.id = c.booking_id AND c.outcome = 'extended';

        PERFORM move_hold_ends_v1(v_extended);

        PERFORM append_bookings_v1(v_extended, 'extend', v_now);
    END IF;

    RETURN QUERY
    SELECT g.i::int, v_outcomes[g.i], b.hold_expires_at, b.extensions
    FROM generate_subscripts(v_outcomes, 1) AS g(i)
    LEFT JOIN bookings b ON b.id = p_bookings[g.i]
    ORDER BY 1;
END
$$;
