-- Whether all these seats of an event can be had now; holds that are past their end are closed on the way.
-- Internal: the inventory row is locked.
CREATE OR REPLACE FUNCTION seats_free_v1(p_event bigint, p_seat_nos int[], p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM close_lapsed_v1(ARRAY[p_event], ARRAY[1], ARRAY[cardinality(p_seat_nos)], p_seat_nos, p_now);
    RETURN (SELECT count(*) FROM seats WHERE event_id = p_event AND seat_no = ANY (p_seat_nos) AND state = 0)
           = cardinality(p_seat_nos);
END
$$;
