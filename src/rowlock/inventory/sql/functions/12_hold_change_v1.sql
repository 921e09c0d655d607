-- What the ledger says of a hold. Internal: hold_seats_v1 says it of new bookings, append_bookings_v1 of stored ones.
-- One expression, so that PostgreSQL puts it in place of the call.
DROP FUNCTION IF EXISTS hold_change_v1;
CREATE FUNCTION hold_change_v1(
    p_id uuid, p_no bigint, p_buyer text, p_seat_nos int[], p_tier_nos smallint[], p_prices bigint[], p_total bigint,
    p_price_list int, p_expires_at timestamptz
) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT concat('["hold","', p_id, '",', (extract(epoch FROM p_expires_at) * 1000000)::bigint,
                  ',[', array_to_string(p_seat_nos, ','), '],"',
                  left(encode(sha256(convert_to(concat_ws('|', p_id, p_no, array_to_string(p_tier_nos, ','),
                      array_to_string(p_prices, ','), p_total || coalesce('@' || nullif(p_price_list, 1), ''), p_buyer), 'UTF8')), 'hex'), 32), '"]')
$$;
