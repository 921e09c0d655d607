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
