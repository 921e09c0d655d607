-- Lays an event's seats out for sale: one row a seat in plan order, p_tiers[seat_no + 1] is its tier number.
--
-- Called once when an event is created, in the same transaction. The first ledger row has seq 1; the chain starts
-- from a hash of the event, its epoch and the tier of every seat.
CREATE OR REPLACE FUNCTION open_sale_v1(
    p_event bigint, p_epoch bigint, p_tiers smallint[], p_hold_seconds int,
    p_on_sale_at timestamptz, p_sale_ends_at timestamptz
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO event_inventory (event_id, epoch, head_hash, seat_count, available, hold_seconds,
                                 on_sale_at, sale_ends_at)
    VALUES (p_event, p_epoch,
            sha256(convert_to(concat_ws('|', p_event, p_epoch, array_to_string(p_tiers, ',')), 'UTF8')),
            cardinality(p_tiers), cardinality(p_tiers), p_hold_seconds, p_on_sale_at, p_sale_ends_at);
    INSERT INTO seats (event_id, seat_no, tier_no)
    SELECT p_event, (t.n - 1)::int, t.tier_no FROM unnest(p_tiers) WITH ORDINALITY AS t(tier_no, n);
$$;
