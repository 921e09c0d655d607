-- Who owns a seat. One inventory row an event is the lock, the counters and the head of the ledger.

CREATE TABLE event_inventory (
    event_id bigint PRIMARY KEY REFERENCES events,
    epoch bigint NOT NULL,              -- changes when the history is reborn; clients then take a snapshot
    seq bigint NOT NULL DEFAULT 0,      -- last ledger row
    head_hash bytea NOT NULL CHECK (length(head_hash) = 32),
    seat_count integer NOT NULL CHECK (seat_count > 0),
    available integer NOT NULL CHECK (available >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    booked integer NOT NULL DEFAULT 0 CHECK (booked >= 0),
    blocked integer NOT NULL DEFAULT 0 CHECK (blocked >= 0),
    hold_seconds integer NOT NULL CHECK (hold_seconds BETWEEN 60 AND 3600),
    on_sale_at timestamptz,             -- null: on sale from the start
    sale_ends_at timestamptz NOT NULL,
    sale_paused boolean NOT NULL DEFAULT false,
    CHECK (available + held + booked + blocked = seat_count)
) WITH (fillfactor = 20);

-- States: 0 available, 1 held, 2 booked, 3 blocked (the codes of the seat snapshot).
CREATE TABLE seats (
    event_id bigint NOT NULL,
    hold_expires_at timestamptz,        -- infinity while a payment's outcome is unknown
    booking_id uuid,
    seat_no integer NOT NULL CHECK (seat_no >= 0),
    tier_no smallint NOT NULL,
    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    PRIMARY KEY (event_id, seat_no),
    CONSTRAINT seats_owner CHECK ((state IN (1, 2)) = (booking_id IS NOT NULL)),
    CONSTRAINT seats_hold_ends CHECK ((state = 1) = (hold_expires_at IS NOT NULL))
) PARTITION BY HASH (event_id);

-- Every change of every seat, gapless by event, each row hashed onto the one before.
CREATE TABLE seat_ledger (
    event_id bigint NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    changes text NOT NULL,              -- JSON: [[kind, booking id, expiry in us or null, [seat numbers]], ...]
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (event_id, seq)
) PARTITION BY HASH (event_id);

CREATE TRIGGER seat_ledger_never_changes
BEFORE UPDATE OR DELETE ON seat_ledger
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Half-full pages leave room for the new version of a row beside the old one: updates stay HOT.
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE seats_p%s PARTITION OF seats FOR VALUES WITH (MODULUS 16, REMAINDER %s)
             WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)', part, part);
        EXECUTE format(
            'CREATE TABLE seat_ledger_p%s PARTITION OF seat_ledger FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            part, part);
    END LOOP;
END
$$;
