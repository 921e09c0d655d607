-- Seats that an organiser keeps from sale, each with who blocked it and why. What was released is in the ledger alone.

CREATE TABLE seat_blocks (
    event_id bigint NOT NULL REFERENCES event_inventory,
    seat_no integer NOT NULL,
    block_id uuid NOT NULL,             -- the command that blocked it, so that its repeat is known
    kind text NOT NULL CHECK (kind IN ('house', 'kill')),
    reason text NOT NULL CHECK (reason <> ''),
    blocked_by text NOT NULL,
    blocked_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, seat_no)
);
