-- name: holds_of
-- The holds of these buyers that stand, and those of the given bookings that ended by time. Seconds left by this clock;
-- `stopped`: the sale's clock stands; `late`: an outage is not added yet.
-- What a guest holds is told to the account that joined the guest.
SELECT b.id, own.person AS buyer, b.status,
       extract(epoch FROM b.hold_expires_at - hold_now_v1(b.hold_expires_at, clock_timestamp()))::double precision AS seconds,
       b.hold_expires_at >= standstill_v1() AS stopped,
       b.hold_expires_at <= clock_timestamp() AND clock_is_late_v1(b.event_id) AS late
FROM (
    SELECT person, person AS name FROM unnest($1::text[]) AS asked(person)
    UNION ALL
    SELECT a.subject, g.subject FROM accounts a JOIN account_guests g ON g.account_id = a.id WHERE a.subject = ANY ($1)
) own
JOIN bookings b ON b.buyer = own.name AND b.status IN ('HOLD', 'PAYMENT_PENDING')
UNION ALL
SELECT b.id, coalesce(a.subject, b.buyer), b.status, 0, false, false
FROM bookings b
LEFT JOIN account_guests g ON g.subject = b.buyer
LEFT JOIN accounts a ON a.id = g.account_id AND a.subject = ANY ($1)
WHERE b.id = ANY ($2) AND b.status = 'EXPIRED'
