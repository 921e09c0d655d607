-- Puts another name in the place of buyers who are forgotten, and says so in the ledger, whose hashes stay as they are.
--
-- The entry of each booking is [restate, booking id, null, [], terms hash]: the hash of the hold's terms under the new
-- name, by which the proof believes that name. Only `erased:` names are believed.
-- Locks: buyers (advisory, as hold_seats_v1), inventory rows by event id. Answers how many bookings there are, or null
-- when one is held or being paid: nothing is changed then.
CREATE OR REPLACE FUNCTION rename_buyer_v1(p_buyers text[], p_name text, p_now timestamptz DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz;
    v_bookings uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(b.lock_key)
    FROM (SELECT DISTINCT hashtextextended(buyer, 7) AS lock_key FROM unnest(p_buyers) AS u(buyer) ORDER BY 1) b;
    PERFORM 1 FROM event_inventory
    WHERE event_id IN (SELECT event_id FROM bookings WHERE buyer = ANY (p_buyers)) ORDER BY event_id FOR UPDATE;
    v_now := coalesce(p_now, clock_timestamp());

    IF EXISTS (SELECT 1 FROM bookings WHERE buyer = ANY (p_buyers) AND status IN ('HOLD', 'PAYMENT_PENDING')) THEN
        RETURN NULL;
    END IF;
    WITH renamed AS (
        UPDATE bookings SET buyer = p_name
        WHERE buyer = ANY (p_buyers) AND status IN ('CONFIRMED', 'REFUNDED', 'EXPIRED', 'RELEASED')
        RETURNING id
    )
    SELECT coalesce(array_agg(id), '{}') INTO v_bookings FROM renamed;
    PERFORM append_ledger_v1(array_agg(e.event_id), array_agg(e.changes), array_agg(0), array_agg(0), array_agg(0),
                             array_agg(0), v_now)
    FROM (
        SELECT event_id, '[' || string_agg(
                   concat('["restate","', id, '",null,[],"',
                          terms_hash_v1(id, no, buyer, tier_nos, prices, total, price_list), '"]'), ',' ORDER BY no) || ']' AS changes
        FROM bookings WHERE id = ANY (v_bookings) GROUP BY event_id
    ) e;
    RETURN cardinality(v_bookings);
END
$$;
