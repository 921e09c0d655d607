-- Other programs that act for people (OAuth 2.1). Secrets, codes and refresh tokens are 256 random bits each and are kept
-- as SHA-256: whoever reads this table cannot use them.
CREATE TABLE oauth_clients (
    id text PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    secret_hash bytea,
    redirect_uris text[] NOT NULL DEFAULT '{}',
    scopes text[] NOT NULL,
    role text,
    organiser_id bigint REFERENCES organisers (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    -- A machine acts in its own name, which takes a secret; a program acts for people and needs somewhere to send them.
    CHECK ((role IS NOT NULL AND secret_hash IS NOT NULL) OR cardinality(redirect_uris) > 0)
);

-- What somebody allowed a program. Its tokens carry the session id `grant:<id>` and end with it.
CREATE TABLE oauth_grants (
    id uuid PRIMARY KEY,
    client_id text NOT NULL REFERENCES oauth_clients (id),
    subject text NOT NULL,
    role text NOT NULL,
    organiser_id bigint,
    strong boolean NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    end_reason text,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX oauth_grants_subject ON oauth_grants (subject) WHERE ended_at IS NULL;

CREATE TABLE oauth_codes (
    hash bytea PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    challenge text NOT NULL,
    nonce text,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE oauth_refresh_tokens (
    hash bytea PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES oauth_grants (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX oauth_codes_grant ON oauth_codes (grant_id);
CREATE INDEX oauth_refresh_tokens_grant ON oauth_refresh_tokens (grant_id);

-- Keys of devices and scripts: the device keeps the private half, here is the public one.
CREATE TABLE device_keys (
    id text PRIMARY KEY,
    subject text NOT NULL,
    role text NOT NULL,
    organiser_id bigint,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    public_key jsonb NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX device_keys_subject ON device_keys (subject) WHERE ended_at IS NULL;

-- Every signed request for a token works once.
CREATE TABLE device_key_uses (
    key_id text NOT NULL REFERENCES device_keys (id) ON DELETE CASCADE,
    jti text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (key_id, jti)
);
