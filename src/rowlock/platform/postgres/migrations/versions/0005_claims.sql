-- A claim on an idempotency key names the process that made it, and dies with it. Null: made by an older release.
ALTER TABLE idempotency_keys ADD COLUMN claimed_by integer;
