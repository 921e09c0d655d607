-- Clocks of sales that can be stopped: while one is, holds keep the time that they have left.

ALTER TABLE event_inventory ADD COLUMN clock_stopped_at timestamptz;    -- null while it runs
ALTER TABLE event_inventory ADD CHECK (clock_stopped_at IS NULL OR sale_paused);

-- By how much the clock has moved the hold's end: up, and out of the reach of clocks while it stands still.
ALTER TABLE bookings ADD COLUMN stood_still interval NOT NULL DEFAULT '0';
ALTER TABLE bookings DROP CONSTRAINT bookings_check1;
ALTER TABLE bookings ADD CONSTRAINT bookings_hold_time
    CHECK (hold_expires_at - stood_still <= held_at + make_interval(secs => 2 * hold_seconds)) NOT VALID;
ALTER TABLE bookings VALIDATE CONSTRAINT bookings_hold_time;

-- The last sign of life of every sale that is watched. One that comes late tells of an outage.
CREATE TABLE sale_beats (
    event_id bigint PRIMARY KEY REFERENCES events,
    beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);
