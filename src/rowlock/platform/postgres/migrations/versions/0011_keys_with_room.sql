-- A key's row is a sixth of what it is once it carries its answer. Leaving that much room on each page lets the answer
-- be written in place, without touching an index. A charge only changes its state: half the page will do.
ALTER TABLE idempotency_keys SET (fillfactor = 15);
ALTER TABLE mock_charges SET (fillfactor = 50);
