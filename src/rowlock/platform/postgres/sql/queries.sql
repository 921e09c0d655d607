-- name: take_migration_lock
SELECT pg_advisory_lock(:lock)

-- name: set_migration_timeouts
SET lock_timeout = '4s'; SET statement_timeout = '60s'

-- name: has_function_files
SELECT to_regclass('function_files') IS NOT NULL

-- name: applied_function_files
SELECT name, checksum FROM function_files

-- name: note_function_file
INSERT INTO function_files (name, checksum) VALUES (:name, :checksum)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now()

-- name: forget_function_file
DELETE FROM function_files WHERE name = :name

-- name: ping
SELECT 1

-- name: lock_instance
SELECT pg_try_advisory_lock($1, $2)

-- name: has_job_schema
SELECT to_regclass('procrastinate.installed') IS NOT NULL

-- name: applied_job_migration
SELECT migration FROM procrastinate.installed

-- name: enter_job_schema
CREATE SCHEMA IF NOT EXISTS procrastinate;
CREATE TABLE IF NOT EXISTS procrastinate.installed (migration text NOT NULL);
SET LOCAL search_path = procrastinate

-- name: leave_job_schema
-- Its functions name their tables without the schema. This way they find them for every caller, also for transactions
-- of ours that put a job down.
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN SELECT oid FROM pg_proc WHERE pronamespace = 'procrastinate'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = procrastinate', v_function);
    END LOOP;
END
$$;
DELETE FROM procrastinate.installed

-- name: note_job_migration
INSERT INTO procrastinate.installed (migration) VALUES (:newest)
