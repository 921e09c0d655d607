-- What of a posting is hashed: every column, in a form that no setting of a session changes.
CREATE OR REPLACE FUNCTION money_row_text_v1(m money_ledger) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT concat_ws('|', m.id, (extract(epoch FROM m.at) * 1000000)::bigint, m.kind, m.organiser_id, m.event_id, m.booking_id,
                     coalesce(m.payment_id::text, '-'), coalesce(m.refund_id::text, '-'), m.provider, m.currency,
                     array_to_string(m.accounts, ','), array_to_string(m.amounts, ','))
$$;

-- The hash of the postings with these ids, chained onto the hash before. Which ids they are is hashed with them.
CREATE OR REPLACE FUNCTION money_seal_hash_v1(p_no bigint, p_ids int8multirange, p_before bytea) RETURNS bytea
LANGUAGE sql STABLE
AS $$
    SELECT sha256(p_before || convert_to(
        concat_ws(E'\n', p_no, p_ids, string_agg(money_row_text_v1(m), E'\n' ORDER BY m.id)), 'UTF8'))
    FROM unnest(p_ids) AS piece JOIN money_ledger m ON m.id >= lower(piece) AND m.id < upper(piece)
$$;
