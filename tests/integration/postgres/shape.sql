-- One line for each thing in the schema, worded so that every supported PostgreSQL says the same. Partitions are left
-- out but for their number, and so is what an extension brings along.
WITH own AS (
    SELECT c.oid, c.relname, c.relkind, c.reloptions, c.relpartbound IS NOT NULL AS is_partition
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
), lines (line) AS (
    SELECT format('table %s%s', relname,
                  CASE WHEN reloptions IS NULL THEN '' ELSE ' with ' || array_to_string(reloptions, ', ') END)
    FROM own WHERE relkind IN ('r', 'p') AND NOT is_partition
    UNION ALL
    SELECT format('partitions of %s: %s %s', p.relname, count(*), min(array_to_string(c.reloptions, ', ')))
    FROM own c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN own p ON p.oid = i.inhparent
    WHERE c.relkind = 'r' GROUP BY p.relname
    UNION ALL
    SELECT format('column %s.%s %s%s%s%s', o.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                  CASE a.attidentity WHEN 'a' THEN ' identity' ELSE '' END,
                  coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''))
    FROM own o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum
    WHERE o.relkind IN ('r', 'p') AND NOT o.is_partition
    UNION ALL
    -- not null stands with the column; from PostgreSQL 18 on it is listed here as well (contype n)
    SELECT format('constraint %s.%s %s', o.relname, k.conname, pg_get_constraintdef(k.oid))
    FROM own o JOIN pg_constraint k ON k.conrelid = o.oid WHERE NOT o.is_partition AND k.contype <> 'n'
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(o.oid)) FROM own o WHERE o.relkind IN ('i', 'I') AND NOT o.is_partition
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(t.oid))
    FROM own o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal AND NOT o.is_partition
    UNION ALL
    -- what a function does is told by the checksums of the function files
    SELECT format('function %s(%s) returns %s, %s', p.proname, pg_get_function_identity_arguments(p.oid),
                  pg_get_function_result(p.oid), p.provolatile)
    FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('extension %s', extname) FROM pg_extension WHERE extname <> 'plpgsql'
)
SELECT line FROM lines ORDER BY line COLLATE "C"
