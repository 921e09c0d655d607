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
-- Nothing when it was told before. Who comes while another is at it waits for how that ends.
INSERT INTO notices (booking_id, kind, about) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING booking_id

-- name: set_contact
INSERT INTO booking_contacts (booking_id, email, language) VALUES ($1, $2, $3)
ON CONFLICT (booking_id) DO UPDATE SET email = excluded.email, language = excluded.language
