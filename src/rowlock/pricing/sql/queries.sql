-- name: write_price_list
SELECT write_price_list_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: standing_prices
-- What an event is sold at now, its tiers by number.
SELECT e.currency, v.country, l.terms,
       (SELECT array_agg(t.name ORDER BY t.tier_no) FROM price_tiers t WHERE t.event_id = e.id) AS names,
       (SELECT array_agg(t.base_minor ORDER BY t.tier_no) FROM price_tiers t WHERE t.event_id = e.id) AS bases
FROM events e
JOIN venues v ON v.id = e.venue_id
JOIN event_inventory i ON i.event_id = e.id
JOIN price_lists l ON l.event_id = e.id AND l.version = i.price_list
WHERE e.id = $1

-- name: price_list
SELECT l.order_fee, l.order_fee_tax, l.tax_name, l.tax_rate, t.tier_no, t.price, t.fee, t.tax
FROM price_lists l JOIN price_list_tiers t USING (event_id, version)
WHERE l.event_id = $1 AND l.version = $2 ORDER BY t.tier_no

-- name: country_of_plan
SELECT v.country FROM seating_plans p JOIN venues v ON v.id = p.venue_id WHERE p.id = $1
