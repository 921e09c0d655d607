-- name: find_event
SELECT e.id, e.name, e.description, e.genre, e.starts_at, e.timezone, e.currency, e.cancelled, e.plan_id,
       e.created_at, e.updated_at,
       v.id AS venue_id, v.name AS venue_name, v.city, v.country,
       i.on_sale_at, i.sale_ends_at, i.sale_paused, i.available, i.seat_count, i.hold_seconds,
       i.no_orphan_seats, i.offer_nearest, i.tickets_per_person_max, i.order_fee,
       coalesce(l.tax_name, '') AS tax_name, coalesce(l.tax_rate, '') AS tax_rate,
       sale_status_v1(e.cancelled, i.sale_paused, i.available, i.on_sale_at, i.sale_ends_at, now()) AS status,
       (SELECT min(t.price_minor) FROM price_tiers t WHERE t.event_id = e.id) AS price_from,
       (SELECT array_agg(p.id::text || ' ' || p.name ORDER BY ep.position)
        FROM event_performers ep JOIN performers p ON p.id = ep.performer_id WHERE ep.event_id = e.id) AS performers
FROM events e
JOIN venues v ON v.id = e.venue_id
JOIN event_inventory i ON i.event_id = e.id
LEFT JOIN price_lists l ON l.event_id = e.id AND l.version = i.price_list
WHERE e.id = $1

-- name: event_tiers
SELECT tier_no, name, price_minor, fee_minor, tax_minor, seat_count FROM price_tiers WHERE event_id = $1 ORDER BY tier_no

-- name: sale_facts
-- What never changes about an event's sale.
SELECT e.plan_id, e.organiser_id, e.currency,
       (SELECT array_agg(t.name ORDER BY t.tier_no) FROM price_tiers t WHERE t.event_id = e.id) AS tiers
FROM events e WHERE e.id = $1

-- name: upsert_venue
WITH added AS (
    INSERT INTO venues (name, city, country) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id
)
SELECT id, true AS is_new FROM added
UNION ALL SELECT id, false FROM venues WHERE name = $1 AND city = $2 AND country = $3 LIMIT 1

-- name: find_venue
SELECT id, name, city, country FROM venues WHERE id = $1

-- name: venue_of_plan
SELECT venue_id FROM seating_plans WHERE id = $1

-- name: upsert_performer
WITH added AS (
    INSERT INTO performers (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id
)
SELECT id FROM added UNION ALL SELECT id FROM performers WHERE name = $1 LIMIT 1

-- name: insert_event
INSERT INTO events (venue_id, plan_id, name, description, genre, starts_at, timezone, currency, created_by, creation_key,
                    organiser_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (creation_key) DO NOTHING
RETURNING id

-- name: event_of_creation_key
SELECT id FROM events WHERE creation_key = $1

-- name: insert_event_performer
INSERT INTO event_performers (event_id, performer_id, position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: insert_tier
-- Without its price: that is the first price list's to say.
INSERT INTO price_tiers (event_id, tier_no, name, seat_count) VALUES ($1, $2, $3, $4)

-- name: refresh_search_words
UPDATE events e
SET search_text = plain_text(w.words),
    search_words = setweight(to_tsvector('simple', plain_text(w.words)), 'A')
                || setweight(to_tsvector('simple', plain_text(e.description)), 'D')
FROM (
    SELECT f.id, concat_ws(' ', f.name,
               (SELECT string_agg(p.name, ' ' ORDER BY ep.position)
                FROM event_performers ep JOIN performers p ON p.id = ep.performer_id WHERE ep.event_id = f.id),
               v.name, v.city, v.country, f.genre) AS words
    FROM events f JOIN venues v ON v.id = f.venue_id WHERE f.id = $1
) w
WHERE e.id = w.id

-- name: event_terms
-- What an organiser may change of an event, for the audit log; locks the event against others who change it.
SELECT e.organiser_id, jsonb_build_object(
           'name', e.name, 'description', e.description, 'genre', e.genre, 'startsAt', e.starts_at,
           'timezone', e.timezone, 'cancelled', e.cancelled, 'holdSeconds', i.hold_seconds, 'onSaleAt', i.on_sale_at,
           'saleEndsAt', i.sale_ends_at, 'salePaused', i.sale_paused, 'noOrphanSeats', i.no_orphan_seats,
           'offerNearest', i.offer_nearest, 'ticketsPerPersonMax', i.tickets_per_person_max,
           'prices', (SELECT jsonb_object_agg(t.name, t.base_minor) FROM price_tiers t WHERE t.event_id = e.id),
           'fees', l.terms::jsonb -> 'fees', 'tax', l.terms::jsonb -> 'tax'
       )::text AS terms
FROM events e JOIN event_inventory i ON i.event_id = e.id
LEFT JOIN price_lists l ON l.event_id = e.id AND l.version = i.price_list
WHERE e.id = $1 AND ($2::bigint IS NULL OR e.organiser_id = $2)
FOR UPDATE OF e

-- name: update_event
UPDATE events
SET name = coalesce($2, name), description = coalesce($3, description), genre = coalesce($4, genre),
    starts_at = coalesce($5, starts_at), timezone = coalesce($6, timezone),
    cancelled = coalesce($7, cancelled), updated_at = clock_timestamp()
WHERE id = $1

-- name: update_sale
UPDATE event_inventory
SET hold_seconds = coalesce($2, hold_seconds),
    on_sale_at = CASE WHEN $3 THEN $4 ELSE on_sale_at END,
    sale_ends_at = coalesce($5, sale_ends_at), sale_paused = coalesce($6, sale_paused)
WHERE event_id = $1

-- name: update_pick_rules
UPDATE event_inventory
SET no_orphan_seats = coalesce($2, no_orphan_seats), offer_nearest = coalesce($3, offer_nearest)
WHERE event_id = $1

-- name: update_ticket_cap
UPDATE event_inventory SET tickets_per_person_max = $2 WHERE event_id = $1
