-- What tickets cost and what is in a price, in versions that never change. A hold names the version it was made at.

CREATE TABLE price_lists (
    event_id bigint NOT NULL REFERENCES events,
    version integer NOT NULL CHECK (version > 0),
    terms text NOT NULL,                -- JSON: fees and tax in the organiser's words, the tax with its rate
    order_fee bigint NOT NULL CHECK (order_fee >= 0),       -- all-in, once an order
    order_fee_tax bigint NOT NULL CHECK (order_fee_tax BETWEEN 0 AND order_fee),
    fees_to text NOT NULL CHECK (fees_to IN ('platform', 'organiser')),
    tax_name text NOT NULL DEFAULT '',
    tax_rate text NOT NULL DEFAULT '',  -- in percent as it was typed; empty: no tax
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (event_id, version)
);

-- base: what the organiser typed; price: all-in; fee and tax: the parts of the price that are not the ticket's own.
CREATE TABLE price_list_tiers (
    event_id bigint NOT NULL,
    version integer NOT NULL,
    tier_no smallint NOT NULL,
    base bigint NOT NULL CHECK (base >= 0),
    price bigint NOT NULL,
    fee bigint NOT NULL CHECK (fee >= 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    PRIMARY KEY (event_id, version, tier_no),
    FOREIGN KEY (event_id, version) REFERENCES price_lists,
    CHECK (fee + tax <= price)
);

-- price_tiers has the parts of the version that is sold at now.
ALTER TABLE price_tiers
    ADD COLUMN base_minor bigint NOT NULL DEFAULT 0 CHECK (base_minor >= 0),
    ADD COLUMN tax_minor bigint NOT NULL DEFAULT 0 CHECK (tax_minor >= 0),
    ALTER COLUMN price_minor SET DEFAULT 0,
    ADD CHECK (fee_minor + tax_minor <= price_minor);
UPDATE price_tiers SET base_minor = price_minor - fee_minor;

ALTER TABLE event_inventory
    ADD COLUMN price_list integer NOT NULL DEFAULT 1,
    ADD COLUMN order_fee bigint NOT NULL DEFAULT 0 CHECK (order_fee >= 0);
ALTER TABLE bookings
    ADD COLUMN price_list integer NOT NULL DEFAULT 1,
    ADD COLUMN order_fee bigint NOT NULL DEFAULT 0 CHECK (order_fee >= 0);

INSERT INTO price_lists (event_id, version, terms, order_fee, order_fee_tax, fees_to)
SELECT event_id, 1, '{"fees":{},"tax":null}', 0, 0, 'platform' FROM event_inventory;
INSERT INTO price_list_tiers (event_id, version, tier_no, base, price, fee, tax)
SELECT event_id, 1, tier_no, base_minor, price_minor, fee_minor, 0 FROM price_tiers;

CREATE TRIGGER price_lists_never_change
BEFORE UPDATE ON price_lists
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER price_list_tiers_never_change
BEFORE UPDATE ON price_list_tiers
FOR EACH ROW EXECUTE FUNCTION refuse_change();
