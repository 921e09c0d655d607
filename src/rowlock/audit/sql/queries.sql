-- name: append_audit
SELECT append_audit_v1($1, $2, $3, $4, $5, $6, $7, $8)

-- name: audit_page
-- Newest first, below the cursor. Nothing given: everything; $1 keeps an organiser's staff to their own. People stand
-- in the log by their pseudonyms.
SELECT no, at, actor, role, organiser_id, action, object, before, after, reason
FROM audit_log
WHERE ($1::bigint IS NULL OR organiser_id = $1) AND ($2::text IS NULL OR actor IN (SELECT pseudonym FROM pseudonyms WHERE subject = $2 UNION ALL SELECT $2))
  AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR object IN (SELECT 'person:' || pseudonym FROM pseudonyms WHERE subject = $4 UNION ALL SELECT $4))
  AND ($5::bigint IS NULL OR no < $5)
ORDER BY no DESC LIMIT $6

-- name: audit_rows
SELECT no, (extract(epoch FROM at) * 1000000)::bigint AS at_us, actor, role, organiser_id, action, object, before, after,
       reason, prev_hash, hash
FROM audit_log ORDER BY no

-- name: audit_head
SELECT no, hash FROM audit_head
