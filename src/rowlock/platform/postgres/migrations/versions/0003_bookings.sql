-- Bookings with their seats and frozen prices, payments, idempotency keys, outbox, signing keys.

CREATE TABLE bookings (
    id uuid PRIMARY KEY,
    no bigint GENERATED ALWAYS AS IDENTITY,     -- the booking reference is a permutation of this number
    event_id bigint NOT NULL,
    buyer text NOT NULL,
    status text NOT NULL DEFAULT 'HOLD'
        CHECK (status IN ('HOLD', 'PAYMENT_PENDING', 'CONFIRMED', 'EXPIRED', 'RELEASED')),
    seat_nos integer[] NOT NULL CHECK (cardinality(seat_nos) > 0),
    tier_nos smallint[] NOT NULL,
    prices bigint[] NOT NULL,                   -- minor units, frozen at the hold, in seat_nos order
    total bigint NOT NULL CHECK (total >= 0),
    held_at timestamptz NOT NULL,
    hold_seconds integer NOT NULL,
    hold_expires_at timestamptz NOT NULL,
    extensions smallint NOT NULL DEFAULT 0 CHECK (extensions BETWEEN 0 AND 2),
    extension_key text,                         -- the last extend command, so its retry extends nothing
    payment_id uuid,                            -- the payment that holds the booking, or that paid it
    closed_at timestamptz,                      -- when it was confirmed, expired or released
    CHECK (cardinality(seat_nos) = cardinality(tier_nos) AND cardinality(seat_nos) = cardinality(prices)),
    CHECK (hold_expires_at <= held_at + make_interval(secs => 2 * hold_seconds)),
    CHECK ((status IN ('HOLD', 'PAYMENT_PENDING')) = (closed_at IS NULL)),
    CHECK ((status IN ('PAYMENT_PENDING', 'CONFIRMED')) = (payment_id IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX bookings_active_by_buyer ON bookings (buyer) WHERE status IN ('HOLD', 'PAYMENT_PENDING');
CREATE INDEX bookings_hold_expiry ON bookings (hold_expires_at) WHERE status = 'HOLD';
CREATE INDEX bookings_closed_by_buyer ON bookings (buyer, no) WHERE status IN ('CONFIRMED', 'EXPIRED', 'RELEASED');
CREATE INDEX bookings_confirmed_no ON bookings (no) WHERE status = 'CONFIRMED';

-- One attempt to pay. The row stands before the provider hears of it; the reconciler asks about open ones.
CREATE TABLE payments (
    id uuid PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES bookings,
    provider text NOT NULL,
    provider_key text NOT NULL UNIQUE,          -- our idempotency key towards the provider
    token text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency char(3) NOT NULL,
    phase text NOT NULL DEFAULT 'authorising'
        CHECK (phase IN ('authorising', 'challenged', 'authorised', 'captured', 'declined', 'voided')),
    next_action_url text,
    decline_reason text,
    started_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_booking ON payments (booking_id, started_at);
CREATE INDEX payments_open ON payments (updated_at) WHERE phase IN ('authorising', 'challenged', 'authorised');
-- A booking is being paid once at a time and paid at most once.
CREATE UNIQUE INDEX payments_one_live ON payments (booking_id)
    WHERE phase IN ('authorising', 'challenged', 'authorised', 'captured');

-- The built-in mock provider's own books: what a card network would remember.
CREATE TABLE mock_charges (
    provider_key text PRIMARY KEY,
    token text NOT NULL,
    amount bigint NOT NULL,
    currency char(3) NOT NULL,
    state text NOT NULL CHECK (state IN ('challenge', 'authorised', 'captured', 'declined', 'voided')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency_keys (
    owner text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    claimed_until timestamptz NOT NULL,
    answered_at timestamptz,
    status smallint,
    headers text,                               -- JSON object of the answer's own headers
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, key),
    CHECK ((answered_at IS NULL) = (status IS NULL))
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- What must travel to the outside: written with the change it tells of, relayed after commit.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE signing_keys (
    id text PRIMARY KEY,
    secret bytea NOT NULL CHECK (length(secret) >= 32),
    created_at timestamptz NOT NULL DEFAULT now()
);
