-- Passing tickets on: who has them if not the buyer, and to whom they are offered.

CREATE TABLE ticket_holders (
    booking_id uuid NOT NULL REFERENCES bookings,
    seat_no integer NOT NULL,
    holder text NOT NULL,               -- a subject; without a row it is the booking's buyer
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (booking_id, seat_no)
);
CREATE INDEX ticket_holders_holder ON ticket_holders (holder);

CREATE TABLE ticket_offers (
    id uuid PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES bookings,
    seat_nos integer[] NOT NULL CHECK (cardinality(seat_nos) > 0),
    giver text NOT NULL,                -- who has the tickets while they are offered
    email text,                         -- whom the link was mailed to; gone once that person is erased
    secret_hash bytea NOT NULL UNIQUE,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'withdrawn')),
    taken_by text,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    CHECK ((state = 'taken') = (taken_by IS NOT NULL)),
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX ticket_offers_booking ON ticket_offers (booking_id);
CREATE INDEX ticket_offers_giver ON ticket_offers (giver);
