-- Who people are: accounts, what proves them, their sessions, and the mails that wait to be sent.
-- An account stands on a proven mail address: there is none whose mail was never answered.

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    subject text NOT NULL UNIQUE CHECK (subject <> ''),  -- the subject of its tokens
    email text NOT NULL,                                 -- as it was typed
    email_key text NOT NULL UNIQUE CHECK (email_key = lower(email_key) AND email_key <> ''),
    email_verified_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    name text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The guests that a person was before signing in: what they hold and booked stays under their names, read as one.
CREATE TABLE account_guests (
    subject text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX account_guests_account ON account_guests (account_id);

CREATE TABLE memberships (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    organiser_id bigint NOT NULL REFERENCES organisers,  -- an operator's stands with the house
    role text NOT NULL CHECK (role IN ('door', 'box_office', 'organiser', 'organiser_admin', 'operator')),
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, organiser_id, role)
);

CREATE TABLE passwords (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    hash text NOT NULL CHECK (hash LIKE '$argon2id$%'),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE passkeys (
    id bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz
);
CREATE INDEX passkeys_account ON passkeys (account_id);

-- One-time codes of an app (TOTP). Until its first code was typed an authenticator proves nothing.
CREATE TABLE authenticators (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    secret bytea NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0                  -- of the last code taken: no code counts twice
);

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, hash)
);

-- Who somebody is at an outside provider; joined only after a mail to the account's address was answered.
CREATE TABLE outside_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX outside_identities_account ON outside_identities (account_id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    strong boolean NOT NULL,                             -- a second factor was given
    device text NOT NULL,
    address_prefix text NOT NULL,                        -- never a whole address: /24 or /48
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE INDEX sessions_account ON sessions (account_id, last_seen_at);

-- A mail that proves an address: its link and its code, as hashes, each good once and only in the browser that asked.
CREATE TABLE mail_links (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    email_key text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'change_email', 'join_outside')),
    account_id uuid REFERENCES accounts ON DELETE CASCADE,  -- whose address changes
    outside_issuer text,
    outside_subject text,
    name text NOT NULL DEFAULT '',
    language text NOT NULL,
    browser_hash bytea NOT NULL,
    link_hash bytea NOT NULL UNIQUE,
    code_hash bytea NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK ((purpose = 'change_email') = (account_id IS NOT NULL)),
    CHECK ((purpose = 'join_outside') = (outside_issuer IS NOT NULL AND outside_subject IS NOT NULL))
);
CREATE INDEX mail_links_browser ON mail_links (browser_hash);
CREATE INDEX mail_links_email ON mail_links (email_key, created_at);
CREATE INDEX mail_links_expiry ON mail_links (expires_at);

-- What a browser has begun and may finish once: a passkey's challenge, a first factor that waits for the second.
CREATE TABLE ceremonies (
    browser_hash bytea NOT NULL,
    kind text NOT NULL CHECK (kind IN ('passkey_sign_in', 'new_passkey', 'second_factor', 'outside')),
    account_id uuid REFERENCES accounts ON DELETE CASCADE,
    secret text NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (browser_hash, kind)
);
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);

-- Mails on their way: written with what they tell of, forgotten when the mail server has them.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    recipient text NOT NULL,
    message bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX mails_next_try ON mails (next_try_at);
