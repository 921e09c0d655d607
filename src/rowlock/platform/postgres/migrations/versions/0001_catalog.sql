-- What is played where: venues, seating plans, performers, events and their price tiers.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- unaccent() is only STABLE because its dictionary may change; an index needs IMMUTABLE, and we never change it.
CREATE FUNCTION plain_text(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, words)) $$;

CREATE TABLE venues (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    city text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (name, city, country)
);

CREATE TABLE performers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> '')
);

-- A version of a plan never changes: events sold on it point at exactly these seats.
CREATE TABLE seating_plans (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id bigint REFERENCES venues,
    name text NOT NULL CHECK (name <> ''),
    version integer NOT NULL CHECK (version > 0),
    seat_count integer NOT NULL CHECK (seat_count > 0),
    categories text[] NOT NULL,
    document bytea NOT NULL,            -- canonical Rowlock JSON, zlib
    document_hash bytea NOT NULL CHECK (length(document_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX seating_plans_name_version ON seating_plans (coalesce(venue_id, 0), name, version);
CREATE INDEX seating_plans_hash ON seating_plans (document_hash);

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% rows never change', TG_TABLE_NAME USING ERRCODE = 'RL002';
END
$$;

CREATE TRIGGER seating_plans_never_change
BEFORE UPDATE ON seating_plans
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id bigint NOT NULL REFERENCES venues,
    plan_id bigint NOT NULL REFERENCES seating_plans,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    genre text NOT NULL DEFAULT '',
    starts_at timestamptz NOT NULL,
    timezone text NOT NULL,
    currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    cancelled boolean NOT NULL DEFAULT false,
    created_by text NOT NULL,
    creation_key text UNIQUE,           -- makes a repeated creation answer with the first event
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    search_text text NOT NULL DEFAULT '',   -- name, performers, venue, city, genre: plain, for typos
    search_words tsvector NOT NULL DEFAULT ''
);
CREATE INDEX events_starts_at ON events (starts_at, id);
CREATE INDEX events_venue ON events (venue_id, starts_at);
CREATE INDEX events_search_words ON events USING gin (search_words);
CREATE INDEX events_search_text ON events USING gin (search_text gin_trgm_ops);

CREATE TABLE event_performers (
    event_id bigint NOT NULL REFERENCES events,
    performer_id bigint NOT NULL REFERENCES performers,
    position smallint NOT NULL,
    PRIMARY KEY (event_id, performer_id)
);
CREATE INDEX event_performers_performer ON event_performers (performer_id);

-- Prices are all-in minor units; fee_minor is the part of price_minor that is a fee.
CREATE TABLE price_tiers (
    event_id bigint NOT NULL REFERENCES events,
    tier_no smallint NOT NULL CHECK (tier_no >= 0),
    name text NOT NULL CHECK (name <> ''),
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0 AND fee_minor <= price_minor),
    seat_count integer NOT NULL CHECK (seat_count >= 0),
    PRIMARY KEY (event_id, tier_no),
    UNIQUE (event_id, name)
);

-- Function files (sql/functions/*.sql of the slices) and their checksums: applied again when they change.
CREATE TABLE function_files (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
