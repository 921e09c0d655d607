-- name: open_list
INSERT INTO waitlists (event_id, wishes) VALUES ($1, 1)
ON CONFLICT (event_id) DO UPDATE SET wishes = waitlists.wishes + 1, version = waitlists.version + 1

-- name: join
-- One entry a person and event stands: who joins again changes the wish and keeps the place.
INSERT INTO waitlist_entries (id, event_id, subject, size, together, accessible, tier_nos, total_max, email, language)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (event_id, subject) WHERE ended_at IS NULL DO UPDATE
SET size = excluded.size, together = excluded.together, accessible = excluded.accessible, tier_nos = excluded.tier_nos,
    total_max = excluded.total_max, email = coalesce(excluded.email, waitlist_entries.email), language = excluded.language
WHERE waitlist_entries.status = 'waiting'
RETURNING id

-- name: entry_of
-- Somebody's entry for an event that stands, else their last, also of a guest they were, how many stand before it, and how the booking that was offered stands.
SELECT e.*, b.status AS booking_status, b.hold_expires_at, clock_timestamp() AS now,
       CASE WHEN e.status = 'waiting' THEN
           (SELECT count(*) FROM waitlist_entries o WHERE o.event_id = e.event_id AND o.status = 'waiting' AND o.no < e.no)
       END AS ahead
FROM waitlist_entries e LEFT JOIN bookings b ON b.id = e.booking_id
WHERE e.event_id = $1 AND (e.subject = $2 OR e.subject IN (
    SELECT g.subject FROM account_guests g JOIN accounts a ON a.id = g.account_id WHERE a.subject = $2))
ORDER BY e.ended_at IS NOT NULL, e.no DESC LIMIT 1

-- name: leave
UPDATE waitlist_entries SET status = CASE WHEN status = 'waiting' THEN 'left' ELSE 'declined' END,
       ended_at = clock_timestamp()
WHERE id = $1 AND ended_at IS NULL RETURNING status

-- name: lists_at_work
-- Every list that somebody waits on or has an offer of, and what of its event matters.
SELECT l.event_id, l.for_all, l.wishes, e.cancelled OR i.sale_ends_at <= clock_timestamp() AS over,
       EXISTS (SELECT 1 FROM waitlist_entries w WHERE w.event_id = l.event_id AND w.status = 'waiting') AS waiting
FROM waitlists l JOIN events e ON e.id = l.event_id JOIN event_inventory i ON i.event_id = l.event_id
WHERE l.for_all IS NOT NULL
   OR EXISTS (SELECT 1 FROM waitlist_entries w WHERE w.event_id = l.event_id AND w.ended_at IS NULL)

-- name: settle_offers
-- What became of offers: paid, or run out, or given back.
UPDATE waitlist_entries e
SET status = CASE WHEN b.status IN ('CONFIRMED', 'REFUNDED') THEN 'bought' WHEN b.status = 'RELEASED' THEN 'declined'
             ELSE 'lapsed' END,
    ended_at = clock_timestamp()
FROM bookings b
WHERE e.event_id = $1 AND e.status = 'offered' AND b.id = e.booking_id AND b.status NOT IN ('HOLD', 'PAYMENT_PENDING')
RETURNING e.id

-- name: close_list
UPDATE waitlist_entries SET status = 'closed', ended_at = clock_timestamp() WHERE event_id = $1 AND status = 'waiting'

-- name: waiting
-- Those who wait, first come first; parties that need no more than $2 seats, after number $3.
SELECT id, no, subject, size, together, accessible, tier_nos, total_max, tries FROM waitlist_entries
WHERE event_id = $1 AND status = 'waiting' AND size <= $2 AND no > $3 ORDER BY no LIMIT 500

-- name: set_for_all
UPDATE waitlists SET for_all = $2, version = version + 1 WHERE event_id = $1 AND for_all IS DISTINCT FROM $2

-- name: offer
SELECT offer_from_waitlist_v1($1, $2, $3)

-- name: versions
-- Lists that keep seats back now.
SELECT event_id, version FROM waitlists WHERE for_all IS NOT NULL

-- name: kept_back
SELECT event_id, for_all, version FROM waitlists WHERE event_id = ANY ($1)

-- name: figures
-- How many stand on a list, by what became of them and the size of the party.
SELECT status, size, count(*)::int AS entries FROM waitlist_entries WHERE event_id = $1 GROUP BY 1, 2 ORDER BY 1, 2

-- name: is_over
SELECT e.cancelled OR i.sale_ends_at <= clock_timestamp() AS over
FROM events e JOIN event_inventory i ON i.event_id = e.id WHERE e.id = $1
