-- The waiting room: how each event's line stands, who has which place, the draw, who is shopping, what is published.

CREATE FUNCTION new_line_name() RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT translate(left(gen_random_uuid()::text, 18), '-', '') $$;

CREATE TABLE waiting_rooms (
    event_id bigint PRIMARY KEY REFERENCES events,
    round integer NOT NULL DEFAULT 0 CHECK (round >= 0),    -- a line that begins anew is another round
    line text NOT NULL DEFAULT new_line_name(),             -- what Valkey calls the line of this round
    mode text NOT NULL CHECK (mode IN ('off', 'passthrough', 'fifo', 'draw', 'hold', 'reject')),
    ordering text NOT NULL DEFAULT 'fifo' CHECK (ordering IN ('fifo', 'draw')), -- how those stand who wait, whatever the mode
    switched_by text NOT NULL DEFAULT 'staff' CHECK (switched_by IN ('staff', 'load')),
    prequeue_at timestamptz,            -- nobody joins before; null: from the beginning
    opens_at timestamptz NOT NULL DEFAULT clock_timestamp(),    -- nobody is let in before; the moment of the draw
    ended_at timestamptz,
    paused_at timestamptz,              -- since then nobody is called and no timer runs
    admit_per_minute integer NOT NULL CHECK (admit_per_minute >= 0),
    admit_min integer NOT NULL CHECK (admit_min >= 0),
    admit_max integer NOT NULL CHECK (admit_max >= admit_min),
    follows_load boolean NOT NULL DEFAULT false,
    shoppers_max integer NOT NULL DEFAULT 0 CHECK (shoppers_max >= 0),  -- 0: no bound but the pace
    shopping_seconds integer NOT NULL CHECK (shopping_seconds > 0),
    turn_seconds integer NOT NULL CHECK (turn_seconds > 0),
    without_line text NOT NULL DEFAULT 'failClosed' CHECK (without_line IN ('failOpen', 'failClosed')),
    message text NOT NULL DEFAULT '',
    reserved bigint NOT NULL DEFAULT 0, -- place numbers below this may have been given
    joined bigint NOT NULL DEFAULT 0,   -- the next place number, as it was seen last
    drawn bigint,                       -- places below this were drawn for their ranks; null before the draw
    served bigint NOT NULL DEFAULT 0,   -- ranks below this have had their turn; only grows
    pace_base bigint NOT NULL DEFAULT 0,
    pace_at timestamptz NOT NULL DEFAULT clock_timestamp(),     -- at that moment `pace_base` ranks were called
    holes bigint[] NOT NULL DEFAULT '{}',   -- pairs: from, up to: numbers or ranks that nobody has
    closed_behind bigint,               -- whoever stands at this rank or behind is not going to be called
    version bigint NOT NULL DEFAULT 1,
    CHECK (served <= reserved AND joined <= reserved),
    CHECK (cardinality(holes) % 2 = 0)
);

-- Who got which place, as they joined: 12 bytes a person, the first of them has the number `first_no`.
CREATE TABLE waiting_room_register (
    event_id bigint NOT NULL REFERENCES events,
    round integer NOT NULL,
    first_no bigint NOT NULL,
    people bytea NOT NULL CHECK (length(people) > 0 AND length(people) % 12 = 0),
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (event_id, round, first_no)
);
CREATE TRIGGER waiting_room_register_never_changes
BEFORE UPDATE OR DELETE OR TRUNCATE ON waiting_room_register FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE waiting_room_draws (
    event_id bigint NOT NULL REFERENCES events,
    round integer NOT NULL,
    commitment bytea NOT NULL,
    seed bytea NOT NULL,                -- sealed where the installation has keys for that
    seed_sealed boolean NOT NULL,
    beacon_source text NOT NULL DEFAULT '',
    beacon bytea,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    roster_root bytea,
    order_root bytea,
    drawn_at timestamptz,
    revealed_at timestamptz,
    PRIMARY KEY (event_id, round)
);

-- The ranks of those who were drawn, in the order of their numbers: 4 bytes each, lowest first.
CREATE TABLE waiting_room_ranks (
    event_id bigint NOT NULL REFERENCES events,
    round integer NOT NULL,
    first_no bigint NOT NULL,
    ranks bytea NOT NULL CHECK (length(ranks) > 0 AND length(ranks) % 4 = 0),
    PRIMARY KEY (event_id, round, first_no)
);

-- What everybody may read and check: each entry hashed onto the one before, none ever changed.
CREATE TABLE waiting_room_record (
    event_id bigint NOT NULL REFERENCES events,
    round integer NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (event_id, round, seq)
);
CREATE TRIGGER waiting_room_record_never_changes
BEFORE UPDATE OR DELETE OR TRUNCATE ON waiting_room_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who was let in. A place opens one session, and so does a person: nobody gets in twice.
CREATE TABLE shopping_sessions (
    event_id bigint NOT NULL REFERENCES events,
    round integer NOT NULL,
    place bigint NOT NULL,
    subject text NOT NULL,
    opened_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text CHECK (ended_by IN ('purchase', 'leave', 'time', 'staff')),
    PRIMARY KEY (event_id, round, place),
    UNIQUE (event_id, round, subject),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX shopping_sessions_open ON shopping_sessions (event_id, ends_at) WHERE ended_at IS NULL;
