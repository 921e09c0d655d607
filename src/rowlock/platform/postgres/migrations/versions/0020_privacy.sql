-- What makes people forgettable: names that stand for them where nothing may change, consents, and proof of erasure.

-- Who a pseudonym of the audit log and of the ledger's blocks is. Random, one a person: without this row it is nobody.
CREATE TABLE pseudonyms (
    subject text PRIMARY KEY CHECK (subject <> ''),
    pseudonym text NOT NULL UNIQUE,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- To what somebody said yes, in which version of its words, and until when.
CREATE TABLE consents (
    subject text NOT NULL,
    purpose text NOT NULL CHECK (purpose <> ''),
    version text NOT NULL,
    given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at timestamptz,
    PRIMARY KEY (subject, purpose, version)
);

-- That somebody was erased, without saying who: the name that stands in their place, and what is kept, by which law.
CREATE TABLE erasures (
    stands_for text PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    asked_by text NOT NULL CHECK (asked_by IN ('person', 'operator')),
    bookings integer NOT NULL,
    kept_until date,                            -- of paid bookings' amounts and payment references
    kept_by text NOT NULL
);
