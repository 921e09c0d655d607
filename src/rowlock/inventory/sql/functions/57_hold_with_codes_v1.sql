-- Carries out holds by access codes of many buyers, one after the other in one transaction: a presale is a rush, too.
--
-- Arrays as in hold_seats_v1, with the code of each command. Locks, all of them before the first hold: buyers, inventory
-- rows, codes, each in order. Rows come in order of arrival; columns as hold_with_code_v1.
DROP FUNCTION IF EXISTS hold_with_codes_v1;
CREATE FUNCTION hold_with_codes_v1(
    p_bookings uuid[], p_events bigint[], p_buyers text[], p_seat_from int[], p_seat_to int[], p_seats int[],
    p_codes uuid[], p_holds_max int
) RETURNS TABLE (
    outcome text, booking_no bigint, held_at timestamptz, expires_at timestamptz,
    seat_nos int[], tier_nos smallint[], prices bigint[], conflicts int[], on_sale_at timestamptz,
    price_list int, order_fee bigint
)
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_holds_max > 0 THEN
        PERFORM pg_advisory_xact_lock(b.lock_key)
        FROM (SELECT DISTINCT hashtextextended(buyer, 7) AS lock_key FROM unnest(p_buyers) AS u(buyer) ORDER BY 1) b;
    END IF;
    PERFORM 1 FROM event_inventory WHERE event_id = ANY (p_events) ORDER BY event_id FOR UPDATE;
    PERFORM 1 FROM codes WHERE id = ANY (p_codes) ORDER BY id FOR UPDATE;
    FOR i IN 1 .. cardinality(p_bookings) LOOP
        RETURN QUERY SELECT * FROM hold_with_code_v1(
            p_bookings[i], p_events[i], p_buyers[i], p_seats[p_seat_from[i]:p_seat_to[i]], p_codes[i], p_holds_max);
    END LOOP;
END
$$;
