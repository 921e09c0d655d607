-- Lets the seats and the ledger follow bookings whose holds end at another time now, by a step of kind p_kind.
--
-- Internal, inventory rows locked. Answers when each of p_bookings ends on a clock that runs, null for what is no hold.
CREATE OR REPLACE FUNCTION hold_ends_changed_v1(p_changed uuid[], p_kind text, p_bookings uuid[], p_now timestamptz)
RETURNS TABLE (ord int, expires_at timestamptz)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    IF p_changed IS NOT NULL THEN
        PERFORM move_hold_ends_v1(p_changed);
        PERFORM append_bookings_v1(p_changed, p_kind, p_now);
    END IF;

    RETURN QUERY
    SELECT g.i::int, CASE WHEN b.status = 'HOLD' THEN p_now + (b.hold_expires_at - hold_now_v1(b.hold_expires_at, p_now)) END
    FROM generate_subscripts(p_bookings, 1) AS g(i) LEFT JOIN bookings b ON b.id = p_bookings[g.i] ORDER BY 1;
END
$$;
