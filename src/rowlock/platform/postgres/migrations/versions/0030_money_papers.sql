-- What is made of the ledger of money: seals over it, daily comparisons with providers, numbered documents.

CREATE TABLE money_seals (
    no bigint PRIMARY KEY,
    upto bigint NOT NULL,               -- every posting up to here is in this seal, in one before, or a hole
    ids int8multirange NOT NULL,        -- the postings of this seal
    holes int8multirange NOT NULL,      -- numbers that were drawn and may still come
    rows integer NOT NULL CHECK (rows > 0),
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER money_seals_never_change BEFORE UPDATE OR DELETE ON money_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A provider's books of a day beside ours.
CREATE TABLE money_statements (
    provider text NOT NULL,
    day date NOT NULL,                  -- UTC
    agrees boolean NOT NULL,
    report jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider, day)
);

-- Who sells, as the law wants it on a receipt; without a row the organiser's name has to do.
CREATE TABLE organiser_papers (
    organiser_id bigint PRIMARY KEY REFERENCES organisers,
    legal_name text NOT NULL,
    address text NOT NULL,              -- lines
    tax_id text NOT NULL
);

CREATE TABLE document_numbers (
    organiser_id bigint NOT NULL REFERENCES organisers,
    series text NOT NULL CHECK (series IN ('R', 'C')),  -- receipts, credit notes
    last bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (organiser_id, series)
);
CREATE TABLE documents (
    organiser_id bigint NOT NULL,
    series text NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    booking_id uuid NOT NULL REFERENCES bookings,
    refund_id uuid,                     -- of a credit note: what was paid back
    facts jsonb NOT NULL,               -- everything that is printed
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organiser_id, series, number),
    FOREIGN KEY (organiser_id, series) REFERENCES document_numbers,
    CHECK ((series = 'C') = (refund_id IS NOT NULL))
);
CREATE UNIQUE INDEX documents_once ON documents (booking_id, refund_id) NULLS NOT DISTINCT;
CREATE TRIGGER documents_never_change BEFORE UPDATE OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION refuse_change();
