-- Opens shopping sessions: p_events[i], p_rounds[i], p_places[i] for p_subjects[i], for p_seconds[i] from now (0: only
-- tells how it stands). While the sale's clock is stopped an end is the standstill plus the time left, as a hold's.
--
-- Outcomes: open (now or before, with its end), ended (it is over: a turn is good once), other (the place, or the person,
-- has a session with somebody, or some place, else), none (not opened yet). Locks nothing but the rows it writes; a repeat answers the same.
DROP FUNCTION IF EXISTS open_shopping_v1;
CREATE FUNCTION open_shopping_v1(
    p_events bigint[], p_rounds int[], p_places bigint[], p_subjects text[], p_seconds int[]
) RETURNS TABLE (ord int, outcome text, ends_at timestamptz)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO shopping_sessions (event_id, round, place, subject, opened_at, ends_at)
    SELECT w.event_id, w.round, w.place, w.subject, clock_timestamp(),
           CASE WHEN i.clock_stopped_at IS NULL THEN clock_timestamp() ELSE standstill_v1() END + make_interval(secs => w.seconds)
    FROM unnest(p_events, p_rounds, p_places, p_subjects, p_seconds)
         WITH ORDINALITY AS w(event_id, round, place, subject, seconds, ord)
    JOIN event_inventory i ON i.event_id = w.event_id
    WHERE w.seconds > 0
    ORDER BY w.event_id, w.round, w.place, w.ord
    ON CONFLICT DO NOTHING;
    RETURN QUERY
    SELECT w.ord::int,
           CASE WHEN s.place IS NULL AND w.seconds = 0 THEN 'none'
                WHEN s.place IS NULL THEN 'other'
                WHEN s.ended_at IS NOT NULL OR (s.ends_at <= clock_timestamp() AND NOT clock_is_late_v1(s.event_id)) THEN 'ended'
                ELSE 'open' END,
           s.ends_at
    FROM unnest(p_events, p_rounds, p_places, p_subjects, p_seconds)
         WITH ORDINALITY AS w(event_id, round, place, subject, seconds, ord)
    LEFT JOIN shopping_sessions s
        ON s.event_id = w.event_id AND s.round = w.round AND s.place = w.place AND s.subject = w.subject;
END
$$;
