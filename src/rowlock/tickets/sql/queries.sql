-- name: bookings_to_tell_of
-- Whom to tell of these bookings and what: the proven address of the account behind each, else the one a guest gave.
SELECT b.id, b.no, b.event_id, b.status, b.seat_nos, b.prices, b.total, e.plan_id, e.name AS event_name, e.starts_at,
       e.timezone, e.currency, v.name AS venue, v.city,
       ARRAY(SELECT t.name FROM unnest(b.tier_nos) WITH ORDINALITY AS n(tier_no, place)
             JOIN price_tiers t ON t.event_id = b.event_id AND t.tier_no = n.tier_no ORDER BY n.place) AS tiers,
       parts.fees, parts.taxes,
       coalesce(a.email, c.email) AS address, coalesce(a.name, '') AS name, coalesce(a.language, c.language) AS language
FROM unnest($1::uuid[]) AS wanted(id)
JOIN bookings b ON b.id = wanted.id
JOIN events e ON e.id = b.event_id
JOIN venues v ON v.id = e.venue_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.fee), 0)::bigint AS fees, coalesce(sum(s.tax), 0)::bigint AS taxes
    FROM booking_split_v1(ARRAY[b.id]) s
) parts
LEFT JOIN LATERAL (
    SELECT email, name, language FROM accounts WHERE subject = b.buyer
    UNION ALL
    SELECT joined.email, joined.name, joined.language
    FROM account_guests g JOIN accounts joined ON joined.id = g.account_id WHERE g.subject = b.buyer
) a ON true
LEFT JOIN booking_contacts c ON c.booking_id = b.id

-- name: mark_told
-- What was not told before. Who comes while another is at it waits for how that ends, both in one order.
INSERT INTO notices (booking_id, kind, about)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n(booking_id, kind, about) ORDER BY booking_id, kind, about
ON CONFLICT DO NOTHING RETURNING booking_id, kind, about

-- name: set_contact
INSERT INTO booking_contacts (booking_id, email, language) VALUES ($1, $2, $3)
ON CONFLICT (booking_id) DO UPDATE SET email = excluded.email, language = excluded.language

-- name: offer_tickets
SELECT offer_tickets_v1($1, $2, $3, $4, $5, $6, $7)

-- name: take_tickets
SELECT outcome, offer_id FROM take_tickets_v1($1, $2, $3)

-- name: withdraw_offer
UPDATE ticket_offers SET state = 'withdrawn', ended_at = clock_timestamp()
WHERE id = $1 AND giver = ANY ($2) AND state = 'open' RETURNING id

-- name: offers_of
-- What somebody offered, under any of their names; of one booking unless $2 is null.
SELECT o.id, o.booking_id, o.seat_nos, o.email, o.expires_at, e.plan_id,
       CASE WHEN o.state = 'open' AND o.expires_at <= clock_timestamp() THEN 'ended' ELSE o.state END AS state
FROM ticket_offers o JOIN bookings b ON b.id = o.booking_id JOIN events e ON e.id = b.event_id
WHERE o.giver = ANY ($1) AND ($2::uuid IS NULL OR o.booking_id = $2) AND ($3::uuid IS NULL OR o.id = $3)
ORDER BY o.created_at DESC LIMIT 200

-- name: tickets_from_others
-- What somebody holds of bookings that are not theirs, and that is still good.
SELECT b.id AS booking_id, b.no, b.seat_nos, h.seat_no, h.since, b.event_id, e.plan_id, e.name, e.starts_at, e.timezone,
       v.name AS venue, v.city
FROM ticket_holders h
JOIN bookings b ON b.id = h.booking_id
JOIN events e ON e.id = b.event_id
JOIN venues v ON v.id = e.venue_id
WHERE h.holder = ANY ($1) AND b.buyer <> ALL ($1) AND h.seat_no <> ALL (b.returned_seat_nos)
  AND b.status = 'CONFIRMED' AND NOT e.cancelled
ORDER BY e.starts_at, b.no, h.seat_no LIMIT 500

-- name: offer_to_tell_of
-- The giver of tickets that were taken, and what to call who took them.
SELECT o.booking_id, o.giver, o.seat_nos, e.plan_id, g.email AS address, coalesce(g.name, '') AS name, g.language,
       coalesce(t.name, '') AS taker
FROM ticket_offers o
JOIN bookings b ON b.id = o.booking_id
JOIN events e ON e.id = b.event_id
LEFT JOIN accounts t ON t.subject = o.taken_by
LEFT JOIN LATERAL (
    SELECT email, name, language FROM accounts WHERE subject = o.giver
    UNION ALL
    SELECT joined.email, joined.name, joined.language
    FROM account_guests j JOIN accounts joined ON joined.id = j.account_id WHERE j.subject = o.giver
    UNION ALL
    SELECT c.email, '', c.language FROM booking_contacts c WHERE c.booking_id = o.booking_id AND o.giver = b.buyer
    LIMIT 1
) g ON true
WHERE o.id = $1 AND o.state = 'taken'
