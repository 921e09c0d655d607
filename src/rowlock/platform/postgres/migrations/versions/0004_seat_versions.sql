-- A seat counts its changes, so that a hold may decide on a seat it has not locked and see at its write whether the
-- seat is still the one it read.

ALTER TABLE seats ADD COLUMN version integer NOT NULL DEFAULT 0;
