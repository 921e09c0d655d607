-- The waiting list: who wants seats of an event that has none left that fit, and what they were offered since.

CREATE TABLE waitlists (
    event_id bigint PRIMARY KEY REFERENCES events,
    -- Free seats that nobody on the list wants: everybody may have these, all others are for the list. Null: all seats are
    -- for everybody.
    for_all integer[],
    wishes bigint NOT NULL DEFAULT 0,       -- grows with every wish that is new or has changed
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE waitlist_entries (
    id uuid PRIMARY KEY,
    event_id bigint NOT NULL REFERENCES waitlists,
    no bigint GENERATED ALWAYS AS IDENTITY, -- the order of joining
    subject text NOT NULL,
    size smallint NOT NULL CHECK (size BETWEEN 1 AND 100),
    together boolean NOT NULL,
    accessible smallint NOT NULL DEFAULT 0 CHECK (accessible BETWEEN 0 AND size),
    tier_nos smallint[] NOT NULL DEFAULT '{}',  -- in the order they are liked; empty: any
    total_max bigint CHECK (total_max >= 0),    -- minor units, for all seats
    email text,                             -- where to write to somebody without an account
    language text NOT NULL DEFAULT 'en',
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status text NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'offered', 'bought', 'lapsed', 'declined', 'left', 'closed')),
    tries integer NOT NULL DEFAULT 0,       -- holds for it that came to nothing before they were an offer
    booking_id uuid,                        -- the hold that is the offer, later the booking
    ended_at timestamptz,
    CHECK ((status IN ('waiting', 'offered')) = (ended_at IS NULL)),
    CHECK (status NOT IN ('offered', 'bought', 'lapsed') OR booking_id IS NOT NULL)
);
CREATE UNIQUE INDEX waitlist_entries_standing ON waitlist_entries (event_id, subject) WHERE ended_at IS NULL;
CREATE INDEX waitlist_entries_waiting ON waitlist_entries (event_id, no) WHERE status = 'waiting';
CREATE INDEX waitlist_entries_offered ON waitlist_entries (booking_id) WHERE status = 'offered';
CREATE INDEX waitlist_entries_subject ON waitlist_entries (subject);
