-- Tells all processes that something ended, in the transaction in which it ends; answers its number.
--
-- Locks: the head of the revocations, until the transaction ends, so that numbers follow the order of commits and a
-- reader who goes on from the last one misses none. It comes last but for the audit log in every lock order.
CREATE OR REPLACE FUNCTION revoke_v1(p_kind text, p_id text, p_seconds double precision) RETURNS bigint
LANGUAGE sql
AS $$
    WITH head AS (UPDATE revocations_head SET no = no + 1 RETURNING no)
    INSERT INTO revocations (no, kind, id, until)
    SELECT head.no, p_kind, p_id, clock_timestamp() + make_interval(secs => p_seconds) FROM head
    RETURNING no
$$;
