-- Appends one row to the audit log, in the transaction of the change it tells of; answers its number.
--
-- hash = sha256(previous hash || JSON array of all columns but the hashes, the time in microseconds since 1970).
-- Locks: the log's head, until the transaction ends. It comes last in every lock order.
CREATE OR REPLACE FUNCTION append_audit_v1(
    p_actor text, p_role text, p_organiser bigint, p_action text, p_object text, p_before text, p_after text,
    p_reason text
) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_no bigint;
    v_prev bytea;
    v_hash bytea;
    v_now timestamptz;
BEGIN
    SELECT no + 1, hash INTO STRICT v_no, v_prev FROM audit_head FOR UPDATE;
    v_now := clock_timestamp();
    v_hash := sha256(v_prev || convert_to(json_build_array(
        v_no, (extract(epoch FROM v_now) * 1000000)::bigint, p_actor, p_role, p_organiser, p_action, p_object,
        p_before, p_after, p_reason)::text, 'UTF8'));
    INSERT INTO audit_log (no, at, actor, role, organiser_id, action, object, before, after, reason, prev_hash, hash)
    VALUES (v_no, v_now, p_actor, p_role, p_organiser, p_action, p_object, p_before, p_after, p_reason, v_prev, v_hash);
    UPDATE audit_head SET no = v_no, hash = v_hash;
    RETURN v_no;
END
$$;
