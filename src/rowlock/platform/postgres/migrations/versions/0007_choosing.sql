-- How an event lets seats be picked, and holds that stand in for seats that were gone.

ALTER TABLE event_inventory
    ADD COLUMN no_orphan_seats boolean NOT NULL DEFAULT false,
    ADD COLUMN offer_nearest boolean NOT NULL DEFAULT true;
CREATE INDEX event_inventory_no_orphan_seats ON event_inventory (event_id) WHERE no_orphan_seats;

CREATE TABLE substitutes (
    booking_id uuid PRIMARY KEY REFERENCES bookings,
    wanted_seat_nos integer[] NOT NULL CHECK (cardinality(wanted_seat_nos) > 0),
    accepted_at timestamptz             -- null: the hold is an offer and ends soon
);
