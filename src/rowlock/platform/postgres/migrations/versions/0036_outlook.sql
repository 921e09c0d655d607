-- What the worker makes of a line once a second, for every process to tell people the same: JSON, empty before.
ALTER TABLE waiting_rooms ADD COLUMN outlook text NOT NULL DEFAULT '';
