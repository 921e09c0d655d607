-- Codes have numbers to be listed by: those made together have one moment, and no order without.
ALTER TABLE codes ADD COLUMN no bigint GENERATED ALWAYS AS IDENTITY;
DROP INDEX codes_event;
CREATE INDEX codes_event ON codes (event_id, no);
CREATE UNIQUE INDEX codes_no ON codes (no);
