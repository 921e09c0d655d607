-- The first half of the SHA-256 of what is frozen with a hold: the same rule as facts.terms_hash of the proof.
-- The price list stands behind the total when it is not the event's first.
DROP FUNCTION IF EXISTS terms_hash_v1;
CREATE FUNCTION terms_hash_v1(
    p_id uuid, p_no bigint, p_buyer text, p_tier_nos smallint[], p_prices bigint[], p_total bigint, p_price_list int
) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT left(encode(sha256(convert_to(concat_ws('|', p_id, p_no, array_to_string(p_tier_nos, ','),
               array_to_string(p_prices, ','), p_total || coalesce('@' || nullif(p_price_list, 1), ''), p_buyer), 'UTF8')), 'hex'), 32)
$$;
