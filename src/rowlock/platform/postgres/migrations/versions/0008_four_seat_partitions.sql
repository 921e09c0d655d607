-- Four partitions of the seats in the place of sixteen. Every statement of a flush opens and locks all of them, because
-- a flush may span events; that was a sixth of PostgreSQL's time for a hold (ADR 0011). Vacuum still works in parts.

ALTER TABLE seats RENAME TO seats_before;
ALTER INDEX seats_pkey RENAME TO seats_before_pkey;
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('ALTER TABLE seats_p%s RENAME TO seats_before_p%s', part, part);
        EXECUTE format('ALTER INDEX seats_p%s_pkey RENAME TO seats_before_p%s_pkey', part, part);
    END LOOP;
END
$$;

CREATE TABLE seats (LIKE seats_before INCLUDING ALL) PARTITION BY HASH (event_id);
DO $$
BEGIN
    FOR part IN 0..3 LOOP
        EXECUTE format(
            'CREATE TABLE seats_p%s PARTITION OF seats FOR VALUES WITH (MODULUS 4, REMAINDER %s)
             WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)', part, part);
    END LOOP;
END
$$;
INSERT INTO seats SELECT * FROM seats_before;
DROP TABLE seats_before;
