-- Takes the tickets that were offered under a secret, for p_holder. They must still be the giver's, seat by seat.
--
-- Money stays where it is: the booking, its buyer and its payment do not change. The message of it is written with it.
-- Locks: the event's inventory row, then the offer. Outcomes: taken (also a repeat by who took them), ended, exchange_pending,
-- own (nobody takes their own tickets).
CREATE OR REPLACE FUNCTION take_tickets_v1(
    p_hash bytea, p_holder text, p_names text[], OUT outcome text, OUT offer_id uuid
)
LANGUAGE plpgsql
AS $$
DECLARE
    o ticket_offers%ROWTYPE;
    b bookings%ROWTYPE;
    v_moved int;
BEGIN
    PERFORM lock_events_of_v1(ARRAY(SELECT booking_id FROM ticket_offers WHERE secret_hash = p_hash));
    SELECT * INTO o FROM ticket_offers WHERE secret_hash = p_hash FOR UPDATE;
    SELECT * INTO b FROM bookings WHERE id = o.booking_id;
    offer_id := o.id;
    outcome := CASE
        WHEN o.id IS NULL THEN 'ended'
        WHEN o.state = 'taken' AND o.taken_by = ANY (p_names) THEN 'taken'
        WHEN o.state <> 'open' OR o.expires_at <= clock_timestamp() OR b.status <> 'CONFIRMED'
             OR o.seat_nos && b.returned_seat_nos THEN 'ended'
        WHEN EXISTS (SELECT 1 FROM events WHERE id = b.event_id AND cancelled) THEN 'ended'
        WHEN EXISTS (SELECT 1 FROM unnest(o.seat_nos) AS n
                     LEFT JOIN ticket_holders h ON h.booking_id = b.id AND h.seat_no = n
                     WHERE coalesce(h.holder, b.buyer) <> o.giver) THEN 'ended'
        WHEN o.giver = ANY (p_names) THEN 'own'
        WHEN EXISTS (SELECT 1 FROM exchanges x JOIN bookings n ON n.id = x.booking_id
                     WHERE x.from_booking_id = b.id AND x.from_seat_nos && o.seat_nos AND x.done_at IS NULL
                       AND (n.status = 'PAYMENT_PENDING'
                            OR (n.status = 'HOLD' AND n.hold_expires_at > clock_timestamp()))) THEN 'exchange_pending'
        ELSE 'moved' END;
    IF outcome <> 'moved' THEN
        RETURN;
    END IF;
    INSERT INTO ticket_holders AS h (booking_id, seat_no, holder)
    SELECT o.booking_id, n, p_holder FROM unnest(o.seat_nos) AS n
    ON CONFLICT (booking_id, seat_no) DO UPDATE SET holder = excluded.holder, since = clock_timestamp()
    WHERE h.holder = o.giver;  -- guard: only from who gives them
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF v_moved <> cardinality(o.seat_nos) THEN
        RAISE EXCEPTION 'take_tickets: moved % of % tickets', v_moved, cardinality(o.seat_nos) USING ERRCODE = 'RL001';
    END IF;
    UPDATE ticket_offers SET state = 'taken', taken_by = p_holder, ended_at = clock_timestamp() WHERE id = o.id;
    INSERT INTO outbox (topic, key, payload)
    VALUES ('tickets.passed_on', o.booking_id::text,
            jsonb_build_object('bookingId', o.booking_id, 'eventId', b.event_id::text, 'transferId', o.id,
                               'seatNos', to_jsonb(o.seat_nos)));
    outcome := 'taken';
END
$$;
