-- Keys that sign the certificates of `rowlock verify`: Ed25519, apart from those of the access tokens.

CREATE TABLE certificate_keys (
    id text PRIMARY KEY,
    secret bytea NOT NULL CHECK (length(secret) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);
