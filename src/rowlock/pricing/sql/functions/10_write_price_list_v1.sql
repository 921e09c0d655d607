-- Sells an event at other prices from now on: a new version of its price list. Holds that stand keep theirs.
--
-- Arrays run in parallel, one element a tier by its number. Locks: the event's inventory row. Answers the new version.
CREATE OR REPLACE FUNCTION write_price_list_v1(
    p_event bigint, p_bases bigint[], p_prices bigint[], p_fees bigint[], p_taxes bigint[],
    p_order_fee bigint, p_order_fee_tax bigint, p_fees_to text, p_tax_name text, p_tax_rate text, p_terms text
) RETURNS int
LANGUAGE plpgsql
AS $$
DECLARE
    v_version int;
BEGIN
    PERFORM 1 FROM event_inventory WHERE event_id = p_event FOR UPDATE;  -- guard: no hold meets half a price list
    SELECT coalesce(max(version), 0) + 1 INTO v_version FROM price_lists WHERE event_id = p_event;
    INSERT INTO price_lists (event_id, version, terms, order_fee, order_fee_tax, fees_to, tax_name, tax_rate)
    VALUES (p_event, v_version, p_terms, p_order_fee, p_order_fee_tax, p_fees_to, p_tax_name, p_tax_rate);

    UPDATE price_tiers t
    SET base_minor = n.base, price_minor = n.price, fee_minor = n.fee, tax_minor = n.tax
    FROM unnest(p_bases, p_prices, p_fees, p_taxes) WITH ORDINALITY AS n(base, price, fee, tax, place)
    WHERE t.event_id = p_event AND t.tier_no = n.place - 1;
    INSERT INTO price_list_tiers (event_id, version, tier_no, base, price, fee, tax)
    SELECT event_id, v_version, tier_no, base_minor, price_minor, fee_minor, tax_minor
    FROM price_tiers WHERE event_id = p_event;
    UPDATE event_inventory SET price_list = v_version, order_fee = p_order_fee WHERE event_id = p_event;
    RETURN v_version;
END
$$;
