-- What the stream of messages has still to be told, after jobs have had it. Both tables turn over whole: a vacuum by share
-- of rows would come when a backlog is long gone.

CREATE TABLE outbox_unstreamed (
    id bigint PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000);

-- Where guests want what is mailed about a booking; accounts have an address of their own.
CREATE TABLE booking_contacts (
    booking_id uuid PRIMARY KEY REFERENCES bookings,
    email text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'de', 'fr'))
);

-- What buyers were told, so that they are told once: written with the mail. `about` is the refund or the transfer.
CREATE TABLE notices (
    booking_id uuid NOT NULL REFERENCES bookings,
    kind text NOT NULL,
    about text NOT NULL DEFAULT '',
    told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (booking_id, kind, about)
);
