-- The one word for where an event's sale stands.
CREATE OR REPLACE FUNCTION sale_status_v1(
    p_cancelled boolean, p_paused boolean, p_available int, p_on_sale_at timestamptz, p_sale_ends_at timestamptz,
    p_now timestamptz
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_cancelled THEN 'cancelled'
                WHEN p_now >= p_sale_ends_at THEN 'ended'
                WHEN p_paused THEN 'paused'
                WHEN p_now < p_on_sale_at THEN 'scheduled'
                WHEN p_available = 0 THEN 'sold_out'
                ELSE 'on_sale' END
$$;
