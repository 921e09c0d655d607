-- What hides the names that bots are scored under, signs device cookies and signs challenges. One row: changing it makes
-- every kept name a stranger.
CREATE TABLE bot_secret (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
