-- What staff did: every row hashed onto the one before, none ever changed or removed.

CREATE TABLE audit_log (
    no bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    role text NOT NULL,
    organiser_id bigint REFERENCES organisers,  -- whose affair it was; null: the installation's
    action text NOT NULL,
    object text NOT NULL,                       -- kind:id, such as event:12
    before text,                                -- JSON: what it was, as far as it changed
    after text,                                 -- JSON: what it is now
    reason text,
    prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX audit_log_object ON audit_log (object, no);
CREATE INDEX audit_log_actor ON audit_log (actor, no);
CREATE INDEX audit_log_organiser ON audit_log (organiser_id, no);

CREATE TRIGGER audit_log_never_changes
BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Where the log ends. Its one row is what puts those who append in one line.
CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    no bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO audit_head (no, hash) VALUES (0, sha256('rowlock audit log'));
