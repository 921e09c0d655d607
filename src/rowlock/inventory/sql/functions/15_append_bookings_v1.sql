-- Appends what happened to whole bookings, one ledger row an event, and moves the counters as the kind says.
--
-- Internal, inventory rows locked. Kinds: offer, accept, shorten, keep, extend, pay, resume, confirm, expire, release, lapse (let
-- go of while a payment bound it) and retake (booked again, seats that had been let go of). Kinds that leave the
-- seats held carry the hold's end, in microseconds since 1970. What the seats do not tell of a booking is bound to its
-- step by a last element: a hold's terms and an extension's key by the first half of their SHA-256, a payment by its id.
-- So a booking that was changed behind the ledger's back no longer fits it.
CREATE OR REPLACE FUNCTION append_bookings_v1(p_bookings uuid[], p_kind text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM append_ledger_v1(
        array_agg(e.event_id), array_agg(e.changes),
        array_agg(CASE WHEN p_kind IN ('expire', 'release', 'lapse') THEN e.seats
                       WHEN p_kind = 'retake' THEN -e.seats ELSE 0 END),
        array_agg(CASE WHEN p_kind IN ('expire', 'release', 'lapse', 'confirm') THEN -e.seats ELSE 0 END),
        array_agg(CASE WHEN p_kind IN ('confirm', 'retake') THEN e.seats ELSE 0 END),
        array_agg(0), p_now)
    FROM (
        SELECT event_id, sum(cardinality(seat_nos))::int AS seats,
               '[' || string_agg(
                   concat('["', p_kind, '","', id, '",',
                          CASE WHEN p_kind IN ('extend', 'resume', 'offer', 'accept', 'shorten', 'keep')
                               THEN ((extract(epoch FROM hold_expires_at) * 1000000)::bigint)::text ELSE 'null' END,
                          ',[', array_to_string(seat_nos, ','), ']',
                          CASE p_kind WHEN 'extend' THEN
                                   ',"' || left(encode(sha256(convert_to(extension_key, 'UTF8')), 'hex'), 32) || '"'
                               WHEN 'pay' THEN ',"' || payment_id || '"'
                               WHEN 'retake' THEN ',"' || payment_id || '"' END,
                          ']'), ',' ORDER BY no) || ']' AS changes
        FROM bookings WHERE id = ANY (p_bookings) GROUP BY event_id
    ) e;
END
$$;
