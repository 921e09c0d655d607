-- Binds holds to payments whose outcome is not known yet, and writes the payments down: from here on the seats can neither
-- expire nor be released, and whoever takes up the payment again finds it.
--
-- The booking names the payment that binds it; the same payment may begin again (a retry), another may not. What is to be
-- paid is the booking's total, less what seats given in exchange are worth.
-- Locks: inventory rows by event id. The hold's own end stays on the booking, for a payment that fails.
-- Outcomes: begun, replayed, ended (this payment came to nothing), not_found, hold_expired, already_begun (somebody is
-- paying), confirmed, booking_closed, cooling (too many cards were refused just now). The payment beside it is the one that
-- binds the booking, or else the one that was asked for.
CREATE OR REPLACE FUNCTION begin_payments_v2(
    p_bookings uuid[], p_buyers text[], p_payments uuid[], p_tokens text[], p_providers text[],
    p_declines_max int, p_cooling_seconds int, p_now timestamptz DEFAULT NULL
) RETURNS TABLE (
    ord int, outcome text, id uuid, booking_id uuid, token text, amount bigint, currency text, phase text,
    next_action_url text, decline_reason text, provider text, provider_ref text, bound_seconds double precision,
    cooling_seconds int
)
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
                    WHEN b.status IN ('CONFIRMED', 'REFUNDED') THEN 'confirmed'
                    WHEN p.id IS NOT NULL THEN CASE WHEN p.booking_id = b.id THEN 'ended' ELSE 'not_found' END
                    WHEN b.status = 'PAYMENT_PENDING' THEN 'already_begun'
                    WHEN b.status = 'EXPIRED' OR (b.status = 'HOLD' AND b.hold_expires_at <= v_now) THEN 'hold_expired'
                    WHEN b.status <> 'HOLD' THEN 'booking_closed'
                    WHEN row_number() OVER (PARTITION BY b.id ORDER BY c.ord) > 1 THEN 'already_begun'
                    WHEN b.declines >= p_declines_max
                         AND b.declined_at + make_interval(secs => p_cooling_seconds) > v_now THEN 'cooling'
                    ELSE 'begun' END AS outcome
        FROM unnest(p_bookings, p_buyers, p_payments) WITH ORDINALITY AS c(booking_id, buyer, payment_id, ord)
        LEFT JOIN bookings b ON b.id = c.booking_id
        LEFT JOIN payments p ON p.id = c.payment_id
    ) j;

    IF v_begun IS NOT NULL THEN
        UPDATE bookings b SET status = 'PAYMENT_PENDING', payment_id = c.payment_id
        FROM unnest(p_bookings, p_payments, v_outcomes) AS c(booking_id, payment_id, outcome)
        WHERE b.id = c.booking_id AND c.outcome = 'begun';
        UPDATE seats s SET hold_expires_at = 'infinity', version = s.version + 1
        FROM (SELECT b.id, b.event_id, n.seat_no
              FROM bookings b, unnest(b.seat_nos) AS n(seat_no) WHERE b.id = ANY (v_begun)) f
        WHERE s.event_id = f.event_id AND s.seat_no = f.seat_no AND s.booking_id = f.id AND s.state = 1;
        INSERT INTO payments (id, booking_id, provider, token, amount, currency)
        SELECT c.payment_id, b.id, c.provider, c.token, greatest(0, b.total - coalesce(x.credit, 0)), e.currency
        FROM unnest(p_bookings, p_payments, p_tokens, p_providers, v_outcomes)
             AS c(booking_id, payment_id, token, provider, outcome)
        JOIN bookings b ON b.id = c.booking_id
        JOIN events e ON e.id = b.event_id
        LEFT JOIN exchanges x ON x.booking_id = b.id
        WHERE c.outcome = 'begun';

        PERFORM append_bookings_v1(v_begun, 'pay', v_now);
    END IF;
    RETURN QUERY
    SELECT c.ord::int, v_outcomes[c.ord], p.id, p.booking_id, p.token, p.amount, p.currency::text, p.phase,
           p.next_action_url, p.decline_reason, p.provider, p.provider_ref,
           extract(epoch FROM v_now - p.started_at)::float8,
           ceil(extract(epoch FROM b.declined_at - v_now) + p_cooling_seconds)::int
    FROM unnest(p_bookings, p_payments) WITH ORDINALITY AS c(booking_id, payment_id, ord)
    LEFT JOIN bookings b ON b.id = c.booking_id AND v_outcomes[c.ord] <> 'not_found'
    LEFT JOIN payments p ON p.id = CASE WHEN b.id IS NULL THEN NULL
                                        WHEN v_outcomes[c.ord] = 'ended' THEN c.payment_id ELSE b.payment_id END
    ORDER BY c.ord;
END
$$;
