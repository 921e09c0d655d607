-- What becomes of money after a booking is paid, or when it comes too late: refunds, exchanges, and the ledger of money.

ALTER TABLE bookings DROP CONSTRAINT bookings_status_check, DROP CONSTRAINT bookings_check3;
ALTER TABLE bookings
    ADD COLUMN returned_seat_nos integer[] NOT NULL DEFAULT '{}',   -- of seat_nos: given back after they were paid
    ADD COLUMN declines smallint NOT NULL DEFAULT 0,                -- cards that were refused, the last one at declined_at
    ADD COLUMN declined_at timestamptz,
    ADD COLUMN retaken_at timestamptz,                              -- when it was booked after it had been let go of
    ADD CONSTRAINT bookings_status_check
        CHECK (status IN ('HOLD', 'PAYMENT_PENDING', 'CONFIRMED', 'REFUNDED', 'EXPIRED', 'RELEASED')),
    ADD CONSTRAINT bookings_payment_check
        CHECK ((status IN ('PAYMENT_PENDING', 'CONFIRMED', 'REFUNDED')) = (payment_id IS NOT NULL)),
    ADD CONSTRAINT bookings_returned_check CHECK (returned_seat_nos <@ seat_nos);
DROP INDEX bookings_closed_by_buyer;
CREATE INDEX bookings_closed_by_buyer ON bookings (buyer, no)
    WHERE status IN ('CONFIRMED', 'REFUNDED', 'EXPIRED', 'RELEASED');

-- abandoned: let go of while nobody knew its outcome, or authorised for nothing: to be voided at the provider.
-- captured_late: the money came when the seats were gone; a refund of it stands beside.
ALTER TABLE payments DROP CONSTRAINT payments_phase_check;
ALTER TABLE payments
    ADD COLUMN provider_ref text,       -- the provider's own name of it
    ADD CONSTRAINT payments_phase_check CHECK (phase IN (
        'authorising', 'challenged', 'authorised', 'captured', 'declined', 'voided', 'abandoned', 'captured_late'));
DROP INDEX payments_open;
CREATE INDEX payments_open ON payments (updated_at) WHERE phase IN ('authorising', 'challenged', 'authorised', 'abandoned');
CREATE INDEX payments_late ON payments (booking_id) WHERE phase = 'captured_late';
CREATE INDEX bookings_retaken ON bookings (event_id) WHERE retaken_at IS NOT NULL;

-- Money that goes back. Written in the transaction that gives the seats back, or that finds them gone; the provider hears
-- of it afterwards, under this id, as often as it takes.
CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL,           -- one wish may be paid back from several payments
    booking_id uuid NOT NULL REFERENCES bookings,
    payment_id uuid NOT NULL REFERENCES payments,
    event_id bigint NOT NULL REFERENCES events,
    kind text NOT NULL CHECK (kind IN ('buyer', 'organiser', 'event_cancelled', 'late_payment', 'exchange', 'uncollected')),
    seat_nos integer[] NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency char(3) NOT NULL,
    phase text NOT NULL DEFAULT 'due' CHECK (phase IN ('due', 'sent', 'paid', 'failed')),
    provider_ref text,
    failure text,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    asked_by text NOT NULL,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX refunds_open ON refunds (next_try_at) WHERE phase IN ('due', 'sent');
CREATE INDEX refunds_booking ON refunds (booking_id);
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_request ON refunds (request_id);

-- Seats that are to be given for those of a hold, as soon as the hold is paid. `credit` is what they cost.
CREATE TABLE exchanges (
    booking_id uuid PRIMARY KEY REFERENCES bookings,
    from_booking_id uuid NOT NULL REFERENCES bookings,
    from_seat_nos integer[] NOT NULL CHECK (cardinality(from_seat_nos) > 0),
    credit bigint NOT NULL CHECK (credit >= 0),
    done_at timestamptz,
    CHECK (booking_id <> from_booking_id)
);
CREATE INDEX exchanges_from ON exchanges (from_booking_id);

-- Paying back everybody who has seats of an event, a batch at a time; whoever takes it up goes on where it stands.
CREATE TABLE refund_runs (
    event_id bigint PRIMARY KEY REFERENCES events,
    bookings integer NOT NULL,          -- how many there were to pay back when it began
    asked_by text NOT NULL,
    reason text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);

CREATE FUNCTION balanced(amounts bigint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(sum(amount), 0) = 0 FROM unnest(amounts) AS amount $$;

-- The ledger of money: a row is one posting, in minor units, debits above zero, credits below.
CREATE TABLE money_ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    organiser_id bigint NOT NULL,
    event_id bigint NOT NULL,
    booking_id uuid NOT NULL,
    payment_id uuid,
    refund_id uuid,
    provider text NOT NULL,
    currency char(3) NOT NULL,
    accounts text[] NOT NULL,
    amounts bigint[] NOT NULL,
    CHECK (cardinality(accounts) = cardinality(amounts)),
    CONSTRAINT money_ledger_balanced CHECK (balanced(amounts))
);
CREATE UNIQUE INDEX money_ledger_once ON money_ledger (booking_id, kind, payment_id, refund_id) NULLS NOT DISTINCT;
CREATE INDEX money_ledger_event ON money_ledger (event_id, id);
CREATE TRIGGER money_ledger_never_changes
BEFORE UPDATE OR DELETE ON money_ledger
FOR EACH ROW EXECUTE FUNCTION refuse_change();

DROP FUNCTION IF EXISTS begin_payments_v1(uuid[], text[], uuid[], timestamptz);
DROP FUNCTION IF EXISTS settle_payments_v1(uuid[], uuid[], boolean[], timestamptz);
DELETE FROM function_files WHERE name ~ '/[67]0_(begin|settle)_payments_v1[.]sql$';

-- The built-in provider's books remember when money moved.
ALTER TABLE mock_charges ADD COLUMN captured_at timestamptz;
UPDATE mock_charges SET captured_at = created_at WHERE state = 'captured';
CREATE TABLE mock_refunds (
    refund_key text PRIMARY KEY,
    provider_key text NOT NULL REFERENCES mock_charges,
    amount bigint NOT NULL CHECK (amount > 0),
    currency char(3) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
