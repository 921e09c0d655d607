-- name: defer_jobs
-- One call for all of them, in the order given. They are due now, which also says how long they have waited later on.
SELECT procrastinate.procrastinate_defer_jobs_v1(array_agg(
    ROW($1, j.task, 0, NULL, NULL, j.told::jsonb, clock_timestamp())::procrastinate.procrastinate_job_to_defer_v1 ORDER BY j.ord))
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS j(task, told, ord)

-- name: list_jobs
SELECT j.id, j.task_name AS task, j.status::text AS state, j.attempts AS tries, j.scheduled_at AS "nextTryAt",
       (SELECT max(e.at) FROM procrastinate.procrastinate_events e
        WHERE e.job_id = j.id AND e.type <> 'scheduled') AS "changedAt"
FROM procrastinate.procrastinate_jobs j
WHERE j.status IN ('todo', 'doing', 'failed') AND ($1::text IS NULL OR j.status::text = $1)
ORDER BY j.id LIMIT $2

-- name: retry_failed
SELECT j.id, procrastinate.procrastinate_retry_job_v2(j.id, now(), NULL, NULL, NULL)
FROM procrastinate.procrastinate_jobs j
WHERE j.status = 'failed' AND ($1::bigint[] IS NULL OR j.id = ANY ($1))
ORDER BY j.id
