-- Signing keys follow one another: the next is known before it signs, the last is believed for as long as a token lives.
ALTER TABLE signing_keys
    ADD COLUMN algorithm text NOT NULL DEFAULT 'HS256' CHECK (algorithm IN ('HS256', 'RS256')),
    ADD COLUMN use_from timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN retired_at timestamptz;
ALTER TABLE signing_keys ALTER COLUMN algorithm DROP DEFAULT;

-- Sessions and people whose tokens ended early, in the order in which they were committed: processes read on from the
-- last number that they know. A row of kind `keys` says that the signing keys changed.
CREATE TABLE revocations (
    no bigint PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('session', 'subject', 'keys')),
    id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz NOT NULL
);
CREATE TABLE revocations_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    no bigint NOT NULL
);
INSERT INTO revocations_head (no) VALUES (0);
