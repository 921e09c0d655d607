-- Makes a hold the offer to somebody on the waiting list: kept for p_seconds, but not beyond the end of the sale.
--
-- The message of it is written with it. Locks: the event's inventory row, then the entry. Outcomes: offered (also a repeat),
-- lost (the hold is gone: try another), gone (the entry does not wait any more: let go of the hold).
CREATE OR REPLACE FUNCTION offer_from_waitlist_v1(p_entry uuid, p_booking uuid, p_seconds int) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    e waitlist_entries%ROWTYPE;
    v_left int;
    v_until timestamptz;
BEGIN
    PERFORM lock_events_of_v1(ARRAY[p_booking]);
    SELECT * INTO e FROM waitlist_entries WHERE id = p_entry FOR UPDATE;
    IF e.status = 'offered' AND e.booking_id = p_booking THEN
        RETURN 'offered';
    ELSIF e.status IS DISTINCT FROM 'waiting' THEN
        RETURN 'gone';
    END IF;
    SELECT greatest(0, extract(epoch FROM i.sale_ends_at - clock_timestamp()))::int INTO v_left
    FROM event_inventory i WHERE i.event_id = e.event_id;
    SELECT expires_at INTO v_until FROM keep_holds_v1(ARRAY[p_booking], ARRAY[least(p_seconds, v_left)]);
    IF coalesce(v_until <= clock_timestamp(), true) THEN
        UPDATE waitlist_entries SET tries = tries + 1 WHERE id = p_entry;
        RETURN 'lost';
    END IF;
    UPDATE waitlist_entries SET status = 'offered', booking_id = p_booking WHERE id = p_entry;
    IF e.email IS NOT NULL THEN
        INSERT INTO booking_contacts (booking_id, email, language) VALUES (p_booking, e.email, e.language)
        ON CONFLICT (booking_id) DO NOTHING;
    END IF;
    INSERT INTO outbox (topic, key, payload)
    VALUES ('waitlist.offered', p_booking::text,
            jsonb_build_object('bookingId', p_booking, 'eventId', e.event_id::text, 'entryId', e.id, 'until', v_until));
    RETURN 'offered';
END
$$;
