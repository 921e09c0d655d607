-- Codes that lower a price or open a door: to a presale, to seats kept from sale.

CREATE TABLE codes (
    id uuid PRIMARY KEY,
    organiser_id bigint NOT NULL REFERENCES organisers,
    event_id bigint REFERENCES events,              -- null: for all events of the organiser
    code text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
    kind text NOT NULL CHECK (kind IN ('percent', 'amount', 'access')),
    percent numeric(7, 4) CHECK (percent > 0 AND percent <= 100),
    amount bigint CHECK (amount > 0),               -- off each ticket, in minor units
    currency char(3),
    uses_max integer CHECK (uses_max > 0),          -- bookings; null: as many as like
    uses_per_person_max integer CHECK (uses_per_person_max > 0),
    valid_from timestamptz,
    valid_until timestamptz,
    tiers text[],                                   -- names; null: all
    seats_min integer NOT NULL DEFAULT 1 CHECK (seats_min > 0),
    channel text NOT NULL DEFAULT '',
    block_id uuid,                                  -- access: the block whose seats it opens
    opens_at timestamptz,                           -- access: when its presale begins
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz,
    UNIQUE (organiser_id, code),
    CHECK ((kind = 'percent') = (percent IS NOT NULL)),
    CHECK ((kind = 'amount') = (amount IS NOT NULL) AND (amount IS NULL) = (currency IS NULL)),
    CHECK (kind = 'access' OR (block_id IS NULL AND opens_at IS NULL)),
    CHECK (kind <> 'access' OR block_id IS NOT NULL OR opens_at IS NOT NULL),
    CHECK (block_id IS NULL OR event_id IS NOT NULL)
);
CREATE INDEX codes_event ON codes (event_id, created_at);

-- The code of a booking. What a lowered price is made of stands here; nothing where the prices are those of the list.
CREATE TABLE code_uses (
    booking_id uuid PRIMARY KEY REFERENCES bookings,
    code_id uuid NOT NULL REFERENCES codes,
    code text NOT NULL,
    list_prices bigint[],                           -- before the code, like fees and taxes in seat_nos order
    list_order_fee bigint,
    fees bigint[],
    taxes bigint[],
    used_at timestamptz NOT NULL,
    CHECK ((list_prices IS NULL) = (fees IS NULL) AND (fees IS NULL) = (taxes IS NULL)
           AND (list_prices IS NULL) = (list_order_fee IS NULL))
);
CREATE INDEX code_uses_code ON code_uses (code_id);

-- Blocked seats that a code has opened for one booking, with the block that they go back to.
CREATE TABLE unlocked_seats (
    event_id bigint NOT NULL,
    seat_no integer NOT NULL,
    booking_id uuid NOT NULL,
    block_id uuid NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    blocked_by text NOT NULL,
    PRIMARY KEY (event_id, seat_no)
);
CREATE INDEX unlocked_seats_booking ON unlocked_seats (booking_id);
