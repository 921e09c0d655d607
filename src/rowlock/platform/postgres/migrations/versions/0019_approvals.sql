-- Where an organiser wants two people behind risky changes of live events, one proposes and another decides.
ALTER TABLE organisers ADD COLUMN two_people boolean NOT NULL DEFAULT false;

CREATE TABLE approvals (
    id uuid PRIMARY KEY,
    event_id bigint NOT NULL REFERENCES events (id),
    organiser_id bigint NOT NULL REFERENCES organisers (id),
    kind text NOT NULL CHECK (kind IN ('change_event', 'block_seats', 'unblock_seats')),
    request jsonb NOT NULL,
    was jsonb NOT NULL,                 -- what the change would replace, as the proposer saw it
    seats integer NOT NULL DEFAULT 0,   -- how many seats it takes from sale or puts back
    proposed_by text NOT NULL,
    proposed_role text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    decision text CHECK (decision IN ('approved', 'rejected')),
    reason text,
    done_at timestamptz,
    CHECK (decided_by IS DISTINCT FROM proposed_by),
    CHECK ((decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by IS NULL)),
    CHECK (done_at IS NULL OR decision = 'approved')
);
CREATE INDEX approvals_open ON approvals (organiser_id, proposed_at) WHERE decision IS NULL;
