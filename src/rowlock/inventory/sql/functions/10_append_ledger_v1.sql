-- Appends one ledger row an event and moves the event's counters with it.
--
-- Internal: only the seat functions call it, with the events' inventory rows locked. Arrays run in parallel, one
-- element an event; the deltas are added to the counters, whose CHECK keeps their sum at the physical seats.
-- hash = sha256(previous hash || event_id|seq|at in microseconds|changes).
CREATE OR REPLACE FUNCTION append_ledger_v1(
    p_events bigint[], p_changes text[], p_available int[], p_held int[], p_booked int[], p_blocked int[],
    p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    WITH next AS (
        SELECT i.event_id, i.seq + 1 AS seq, i.head_hash AS prev_hash, c.changes,
               c.available, c.held, c.booked, c.blocked,
               sha256(i.head_hash || convert_to(
                   concat_ws('|', i.event_id, i.seq + 1, (extract(epoch FROM p_now) * 1000000)::bigint, c.changes),
                   'UTF8')) AS hash
        FROM unnest(p_events, p_changes, p_available, p_held, p_booked, p_blocked)
             AS c(event_id, changes, available, held, booked, blocked)
        JOIN event_inventory i ON i.event_id = c.event_id
    ), moved AS (
        UPDATE event_inventory i
        SET seq = next.seq, head_hash = next.hash,
            available = i.available + next.available, held = i.held + next.held,
            booked = i.booked + next.booked, blocked = i.blocked + next.blocked
        FROM next
        WHERE i.event_id = next.event_id
    )
    INSERT INTO seat_ledger (event_id, seq, at, changes, prev_hash, hash)
    SELECT event_id, seq, p_now, changes, prev_hash, hash FROM next;
END
$$;
