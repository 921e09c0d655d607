-- A hold's clock. It runs with the database's, unless the sale's clock is stopped: then the end of every hold is written as
-- the standstill, a moment that no clock reaches, plus the time that the hold has left. So an end says by itself how
-- much that is, and no hold ends, whoever compares it with whatever clock.
CREATE OR REPLACE FUNCTION standstill_v1() RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT timestamptz '2200-01-01 00:00:00+00' $$;

-- The moment from which a hold with this end has its time left.
CREATE OR REPLACE FUNCTION hold_now_v1(p_end timestamptz, p_now timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN p_end >= standstill_v1() THEN standstill_v1() ELSE p_now END $$;

-- From one moment to another in microseconds alone: days of an interval would be days of the session's time zone.
CREATE OR REPLACE FUNCTION exactly_v1(p_from timestamptz, p_to timestamptz) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((extract(epoch FROM p_to) - extract(epoch FROM p_from)) * 1000000)::bigint * interval '1 microsecond' $$;

-- How long a sale that is watched may give no sign of life before that is an outage.
CREATE OR REPLACE FUNCTION beat_late_after_v1() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT interval '5 seconds' $$;

-- Whether an outage of this event's sale is over which nobody has added to the holds yet.
CREATE OR REPLACE FUNCTION clock_is_late_v1(p_event bigint) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (SELECT FROM sale_beats WHERE event_id = p_event AND beat_at < clock_timestamp() - beat_late_after_v1())
$$;
