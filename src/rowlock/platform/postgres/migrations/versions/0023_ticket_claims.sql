-- How many tickets one person may have of an event, over all their bookings and accounts, and who has how many.

ALTER TABLE event_inventory ADD COLUMN tickets_per_person_max integer CHECK (tickets_per_person_max > 0);
CREATE INDEX event_inventory_capped ON event_inventory (event_id) WHERE tickets_per_person_max IS NOT NULL;

CREATE TABLE ticket_claims (
    event_id bigint NOT NULL REFERENCES events,
    identity text NOT NULL,             -- a hash under the installation's secret: of an account, of a card
    booking_id uuid NOT NULL REFERENCES bookings,
    seats integer NOT NULL CHECK (seats > 0),
    PRIMARY KEY (event_id, identity, booking_id)
);
CREATE INDEX ticket_claims_booking ON ticket_claims (booking_id);
