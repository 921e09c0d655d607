-- What payment providers told us by themselves: each event once, and kept for longer than they go on delivering it.

CREATE TABLE provider_notices (
    provider text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('payment', 'refund', 'dispute', 'dispute_won', 'other')),
    key text,                           -- ours: of a payment or a refund
    ref text,                           -- the provider's name of the refund or dispute
    payment_ref text,                   -- and of the payment
    amount bigint,
    currency text,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'unknown_payment', 'other_amount')),
    PRIMARY KEY (provider, event_id),
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX provider_notices_undone ON provider_notices (taken_at) WHERE done_at IS NULL;
CREATE INDEX provider_notices_done ON provider_notices (done_at) WHERE done_at IS NOT NULL;
-- The built-in provider names none, so that a sale with it writes nothing here.
CREATE INDEX payments_provider_ref ON payments (provider_ref) WHERE provider_ref IS NOT NULL;
