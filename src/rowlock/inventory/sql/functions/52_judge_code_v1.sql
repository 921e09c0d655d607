-- Tells whether a code may be used for one more booking of an event, and locks it: uses of one code queue behind each other.
--
-- Internal, the event's inventory row locked. A use counts while its booking is held, being paid or confirmed, so one that is
-- given up or refunded gives its use back by itself. A hold of another event counts until it has been swept: its end is
-- judged under another lock. Words: valid, not_valid (unknown, disabled, at another time, for other events, used up),
-- used_by_you (as often as one person may).
CREATE OR REPLACE FUNCTION judge_code_v1(
    p_code uuid, p_event bigint, p_buyer text, p_booking uuid, p_now timestamptz
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_code codes;
    v_uses int;
    v_own int;
BEGIN
    SELECT c.* INTO v_code FROM codes c JOIN events e ON e.id = p_event AND e.organiser_id = c.organiser_id
    WHERE c.id = p_code AND coalesce(c.event_id, p_event) = p_event FOR UPDATE OF c;  -- guard: one after the other
    IF v_code.id IS NULL OR v_code.disabled_at IS NOT NULL
       OR p_now < v_code.valid_from OR p_now >= v_code.valid_until THEN
        RETURN 'not_valid';
    END IF;
    IF v_code.uses_max IS NULL AND v_code.uses_per_person_max IS NULL THEN
        RETURN 'valid';
    END IF;
    SELECT count(*), count(*) FILTER (WHERE b.buyer = p_buyer) INTO v_uses, v_own
    FROM code_uses u JOIN bookings b ON b.id = u.booking_id
    WHERE u.code_id = p_code AND u.booking_id <> p_booking AND b.status IN ('HOLD', 'PAYMENT_PENDING', 'CONFIRMED')
      AND NOT (b.status = 'HOLD' AND b.event_id = p_event AND b.hold_expires_at <= p_now);
    IF v_uses >= v_code.uses_max THEN
        RETURN 'not_valid';
    END IF;
    RETURN CASE WHEN v_own >= v_code.uses_per_person_max THEN 'used_by_you' ELSE 'valid' END;
END
$$;
