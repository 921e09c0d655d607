-- Who sells here: plans and events belong to an organiser, and staff of one never touch another's.
-- The first organiser is the house that runs this installation; everything made before belongs to it.

CREATE TABLE organisers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO organisers (name) VALUES ('House');

ALTER TABLE seating_plans ADD COLUMN organiser_id bigint NOT NULL DEFAULT 1 REFERENCES organisers;
ALTER TABLE seating_plans ALTER COLUMN organiser_id DROP DEFAULT;
DROP INDEX seating_plans_name_version;
CREATE UNIQUE INDEX seating_plans_name_version ON seating_plans (organiser_id, coalesce(venue_id, 0), name, version);

ALTER TABLE events ADD COLUMN organiser_id bigint NOT NULL DEFAULT 1 REFERENCES organisers;
ALTER TABLE events ALTER COLUMN organiser_id DROP DEFAULT;
CREATE INDEX events_organiser ON events (organiser_id, starts_at);
