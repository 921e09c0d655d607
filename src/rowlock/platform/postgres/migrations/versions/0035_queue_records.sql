-- The public record of a line tells the register in the order in which it was written, gaps that were filled late included.
ALTER TABLE waiting_room_register ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX waiting_room_register_order ON waiting_room_register (event_id, round, seq);

-- What a draw came to stands in the record; here is only what it is made of and must stay secret until then.
ALTER TABLE waiting_room_draws
    DROP COLUMN beacon, DROP COLUMN closed_at, DROP COLUMN roster_root, DROP COLUMN order_root, DROP COLUMN drawn_at,
    DROP COLUMN revealed_at;
