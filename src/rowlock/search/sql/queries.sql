-- name: search_events
-- Words match as words or, for typos and half-typed names, by trigram similarity to the event's plain text.
WITH hits AS (
    SELECT e.id, e.starts_at,
           CASE WHEN $1::text IS NULL THEN 0
                ELSE ts_rank(e.search_words, websearch_to_tsquery('simple', plain_text($1)))
                     + word_similarity(plain_text($1), e.search_text) END AS rank
    FROM events e
    JOIN venues v ON v.id = e.venue_id
    WHERE ($1::text IS NULL
           OR e.search_words @@ websearch_to_tsquery('simple', plain_text($1))
           OR plain_text($1) <% e.search_text)
      AND ($2::text IS NULL OR plain_text(v.city) = plain_text($2) OR similarity(plain_text(v.city), plain_text($2)) > 0.5)
      AND e.starts_at >= $3
      AND ($4::timestamptz IS NULL OR e.starts_at < $4)
      AND ($5::bigint IS NULL OR e.venue_id = $5)
      AND ($6::bigint IS NULL
           OR EXISTS (SELECT 1 FROM event_performers x WHERE x.event_id = e.id AND x.performer_id = $6))
), page AS (
    SELECT h.* FROM hits h ORDER BY h.rank DESC, h.starts_at, h.id LIMIT $7 OFFSET $8
)
SELECT c.total, e.id, e.name, e.genre, e.starts_at, e.timezone, e.currency,
       v.id AS venue_id, v.name AS venue_name, v.city, v.country,
       i.on_sale_at, i.available, i.seat_count,
       sale_status_v1(e.cancelled, i.sale_paused, i.available, i.on_sale_at, i.sale_ends_at, now()) AS status,
       (SELECT min(t.price_minor) FROM price_tiers t WHERE t.event_id = e.id) AS price_from,
       (SELECT array_agg(q.id::text || ' ' || q.name ORDER BY ep.position)
        FROM event_performers ep JOIN performers q ON q.id = ep.performer_id WHERE ep.event_id = e.id) AS performers
FROM (SELECT count(*) AS total FROM hits) c      -- one row even when the page is empty
LEFT JOIN page p ON true
LEFT JOIN events e ON e.id = p.id
LEFT JOIN venues v ON v.id = e.venue_id
LEFT JOIN event_inventory i ON i.event_id = e.id
ORDER BY p.rank DESC, p.starts_at, p.id
