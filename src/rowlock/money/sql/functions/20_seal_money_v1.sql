-- Seals the postings that no seal has yet, at most p_rows of them, onto the seal before. Answers how many.
--
-- Numbers are drawn before a transaction ends, so a lower one may still come. Those that are missing stand as holes in the
-- seal; the next seals fill them. What is still missing after an hour was drawn by a transaction that came to nothing, and
-- none lasts that long. Locks: one sealer at a time.
CREATE OR REPLACE FUNCTION seal_money_v1(p_rows int) RETURNS int
LANGUAGE plpgsql
AS $$
DECLARE
    v_before money_seals%ROWTYPE;
    v_upto bigint;
    v_ids int8multirange;
    v_rows int;
    v_void int8multirange;
BEGIN
    PERFORM pg_advisory_xact_lock(x'5365616c'::bigint);  -- "Seal"
    SELECT * INTO v_before FROM money_seals ORDER BY no DESC LIMIT 1;
    IF NOT FOUND THEN
        v_before.no := 0;
        v_before.upto := 0;
        v_before.holes := '{}';
        v_before.hash := sha256('rowlock money ledger');
    END IF;
    SELECT max(id) INTO v_upto FROM (SELECT id FROM money_ledger WHERE id > v_before.upto ORDER BY id LIMIT p_rows) next_rows;
    v_upto := coalesce(v_upto, v_before.upto);
    SELECT range_agg(int8range(m.id, m.id, '[]')), count(*) INTO v_ids, v_rows
    FROM unnest(v_before.holes + int8multirange(int8range(v_before.upto, v_upto, '(]'))) AS piece
    JOIN money_ledger m ON m.id >= lower(piece) AND m.id < upper(piece);
    IF v_rows = 0 THEN
        RETURN 0;
    END IF;
    SELECT holes INTO v_void FROM money_seals WHERE sealed_at < clock_timestamp() - interval '1 hour' ORDER BY no DESC LIMIT 1;
    INSERT INTO money_seals (no, upto, ids, holes, rows, prev_hash, hash)
    VALUES (v_before.no + 1, v_upto, v_ids,
            v_before.holes + int8multirange(int8range(v_before.upto, v_upto, '(]')) - v_ids - coalesce(v_void, '{}'),
            v_rows, v_before.hash, money_seal_hash_v1(v_before.no + 1, v_ids, v_before.hash));
    RETURN v_rows;
END
$$;
