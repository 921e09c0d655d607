-- A free seat's row has 48 bytes, a held one's 72: on a half-full page the new versions of one seat in four found no room.
-- Two fifths leave room for all. It holds for pages to come; a seat table that is rewritten gets it everywhere.

DO $$
BEGIN
    FOR part IN 0..3 LOOP
        EXECUTE format('ALTER TABLE seats_p%s SET (fillfactor = 40)', part);
    END LOOP;
END
$$;
