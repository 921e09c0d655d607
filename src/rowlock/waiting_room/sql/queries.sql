-- name: rooms
-- Every room that is on and those that are asked for, with the database's clock; one empty row when there are none.
SELECT r.*, clock_timestamp() AS now
FROM (SELECT true) AS always LEFT JOIN waiting_rooms r ON r.mode <> 'off' OR r.event_id = ANY ($1::bigint[])

-- name: ranks
SELECT first_no, ranks FROM waiting_room_ranks WHERE event_id = $1 AND round = $2 ORDER BY first_no

-- name: lock_room
SELECT *, clock_timestamp() AS now FROM waiting_rooms WHERE event_id = $1 FOR UPDATE

-- name: try_lock_room
-- None while another worker is at it: it does the same.
SELECT *, clock_timestamp() AS now FROM waiting_rooms WHERE event_id = $1 FOR UPDATE SKIP LOCKED

-- name: step_room
-- One step of the line. The room is locked.
UPDATE waiting_rooms
SET served = $2, pace_base = $3, pace_at = $4, joined = greatest(joined, $5), version = version + 1
WHERE event_id = $1 AND (served, pace_base, pace_at, joined) IS DISTINCT FROM ($2, $3, $4::timestamptz, greatest(joined, $5))

-- name: reserve_numbers
-- Numbers below $2 may be given. The room is locked.
UPDATE waiting_rooms SET reserved = greatest(reserved, $2), version = version + 1 WHERE event_id = $1

-- name: add_hole
-- Numbers that nobody has, unless that is known. The room is locked.
UPDATE waiting_rooms SET holes = holes || ARRAY[$2::bigint, $3::bigint], version = version + 1
WHERE event_id = $1 AND NOT $3 = ANY (holes)

-- name: note_people
INSERT INTO waiting_room_register (event_id, round, first_no, people) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: put_back_person
-- Somebody whom the line had lost, behind all that the record counted so far: so the room is locked. Nothing happens to
-- whom the register has.
WITH room AS (SELECT FROM waiting_rooms WHERE event_id = $1 AND round = $2 FOR UPDATE)
INSERT INTO waiting_room_register (event_id, round, first_no, people)
SELECT $1, $2, $3, $4 FROM room
WHERE NOT coalesce((SELECT first_no + length(people) / 12 > $3 FROM waiting_room_register
                    WHERE event_id = $1 AND round = $2 AND first_no <= $3 ORDER BY first_no DESC LIMIT 1), false)
ON CONFLICT DO NOTHING

-- name: register_end
-- The number behind the last person in the register.
SELECT coalesce((SELECT first_no + length(people) / 12 FROM waiting_room_register
                 WHERE event_id = $1 AND round = $2 ORDER BY first_no DESC LIMIT 1), 0)

-- name: register_part
-- People of the register from a number on, in the order of their numbers.
SELECT first_no, people FROM waiting_room_register
WHERE event_id = $1 AND round = $2 AND first_no >= $3 ORDER BY first_no LIMIT $4

-- name: end_room
UPDATE waiting_rooms SET ended_at = clock_timestamp(), version = version + 1
WHERE event_id = $1 AND ended_at IS NULL

-- name: close_by_load
-- A room that load has opened and that nobody waits in any more. The room is locked.
UPDATE waiting_rooms SET mode = 'off', version = version + 1 WHERE event_id = $1 AND switched_by = 'load'

-- name: open_shopping
-- Opens sessions, or answers how those stand that are there; each row under its ordinal.
-- A place opens one session and so does a person: another's is `other`, one that is over is `ended`.
SELECT ord, outcome, ends_at FROM open_shopping_v1($1, $2, $3, $4, $5)

-- name: end_shopping
UPDATE shopping_sessions SET ended_at = clock_timestamp(), ended_by = $4
WHERE event_id = $1 AND round = $2 AND subject = $3 AND ended_at IS NULL
RETURNING place

-- name: end_by_time
UPDATE shopping_sessions SET ended_at = ends_at, ended_by = 'time'
WHERE event_id = $1 AND ended_at IS NULL AND ends_at <= clock_timestamp() AND NOT clock_is_late_v1($1)

-- name: end_of_buyers
-- Sessions of people whose purchase went another way than through the process that knew the session.
UPDATE shopping_sessions s SET ended_at = clock_timestamp(), ended_by = 'purchase'
WHERE s.event_id = $1 AND s.round = $2 AND s.ended_at IS NULL
  AND EXISTS (SELECT FROM bookings b WHERE b.buyer = s.subject AND b.event_id = s.event_id
              AND b.status = 'CONFIRMED' AND b.closed_at >= s.opened_at)

-- name: revoke_place
-- A place that was taken back opens nothing any more, whether it has been used or not.
INSERT INTO shopping_sessions (event_id, round, place, subject, opened_at, ends_at, ended_at, ended_by)
VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), clock_timestamp(), 'staff')
ON CONFLICT (event_id, round, place) DO UPDATE SET ended_at = clock_timestamp(), ended_by = 'staff'
WHERE shopping_sessions.ended_at IS NULL

-- name: shopping_figures
SELECT count(*) AS admitted, count(*) FILTER (WHERE ended_at IS NULL AND ends_at > clock_timestamp()) AS shopping,
       count(*) FILTER (WHERE ended_by = 'purchase') AS bought
FROM shopping_sessions WHERE event_id = $1 AND round = $2

-- name: room_of
SELECT *, clock_timestamp() AS now FROM waiting_rooms WHERE event_id = $1

-- name: make_room
-- Not even tried where there is one: an insert that meets a room being changed waits for that, and can end in a deadlock.
INSERT INTO waiting_rooms (event_id, mode, opens_at, admit_per_minute, admit_min, admit_max, shopping_seconds, turn_seconds)
SELECT $1, 'off', clock_timestamp(), $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM waiting_rooms WHERE event_id = $1)
ON CONFLICT DO NOTHING

-- name: change_room
UPDATE waiting_rooms
SET mode = $2, ordering = $3, switched_by = $4, prequeue_at = $5, opens_at = coalesce($6, clock_timestamp()), paused_at = $7,
    admit_per_minute = $8, admit_min = $9, admit_max = $10, follows_load = $11, shoppers_max = $12,
    shopping_seconds = $13, turn_seconds = $14, without_line = $15, message = $16,
    pace_base = served, pace_at = clock_timestamp(), version = version + 1
WHERE event_id = $1

-- name: begin_round
-- The line begins anew. The room is locked.
UPDATE waiting_rooms
SET round = round + 1, line = new_line_name(), ended_at = NULL, reserved = 0, joined = 0, drawn = NULL, served = 0, pace_base = 0,
    pace_at = clock_timestamp(), holes = '{}', closed_behind = NULL, version = version + 1
WHERE event_id = $1
RETURNING round

-- name: shopping_now
-- Sessions of a round: ever opened, open, over, with a purchase; opened in the last $3 seconds, over in the last $4.
SELECT count(*) AS came, count(*) FILTER (WHERE ended_at IS NULL) AS shopping, count(ended_at) AS ended,
       count(*) FILTER (WHERE ended_by = 'purchase') AS bought,
       count(*) FILTER (WHERE opened_at > clock_timestamp() - make_interval(secs => $3)) AS came_lately,
       count(*) FILTER (WHERE ended_at > clock_timestamp() - make_interval(secs => $4)) AS left_lately
FROM shopping_sessions WHERE event_id = $1 AND round = $2

-- name: note_outlook
-- What was made of the sale. A new pace begins now, and who was due and not called yet by the old one stays due: a pace
-- that changes every second loses nobody. The room is locked.
UPDATE waiting_rooms
SET outlook = $2, closed_behind = $3, admit_per_minute = $4::int, version = version + 1,
    pace_base = CASE WHEN admit_per_minute = $4 THEN pace_base ELSE served END,
    pace_at = CASE WHEN admit_per_minute = $4 THEN pace_at
                   ELSE clock_timestamp() - make_interval(secs => 60.0 / greatest($4, 1) * greatest(0, least(
                       pace_base + extract(epoch FROM clock_timestamp() - pace_at) * admit_per_minute / 60.0 - served,
                       1 + admit_per_minute / 60.0))) END
WHERE event_id = $1
  AND (outlook, closed_behind, admit_per_minute) IS DISTINCT FROM ($2, $3::bigint, $4)

-- name: clock
SELECT clock_timestamp()

-- name: last_entry
SELECT seq, hash FROM waiting_room_record WHERE event_id = $1 AND round = $2 ORDER BY seq DESC LIMIT 1

-- name: last_body
-- What the last entry of these kinds says.
SELECT body FROM waiting_room_record WHERE event_id = $1 AND round = $2 AND kind = ANY ($3::text[]) ORDER BY seq DESC LIMIT 1

-- name: entries
SELECT seq, at, kind, body, hash FROM waiting_room_record WHERE event_id = $1 AND round = $2 ORDER BY seq

-- name: append_entry
INSERT INTO waiting_room_record (event_id, round, seq, at, kind, body, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: hash_before_round
-- The hash that the record of a round begins with: the last one of the rounds before.
SELECT hash FROM waiting_room_record WHERE event_id = $1 AND round < $2 ORDER BY round DESC, seq DESC LIMIT 1

-- name: register_as_written
-- The register from a chunk on, in the order in which it was written; null: all of the rest.
SELECT first_no, people FROM waiting_room_register WHERE event_id = $1 AND round = $2 ORDER BY seq OFFSET $3 LIMIT $4

-- name: allow_long_thinking
-- Millions of people take longer to draw than a transaction may otherwise wait for its program.
SELECT set_config('idle_in_transaction_session_timeout', '10min', true)

-- name: draw
SELECT commitment, seed, seed_sealed, beacon_source FROM waiting_room_draws WHERE event_id = $1 AND round = $2

-- name: add_draw
INSERT INTO waiting_room_draws (event_id, round, commitment, seed, seed_sealed, beacon_source) VALUES ($1, $2, $3, $4, $5, $6)

-- name: add_ranks
INSERT INTO waiting_room_ranks (event_id, round, first_no, ranks) VALUES ($1, $2, $3, $4)

-- name: set_drawn
-- The draw is done, and the pace counts from now. The room is locked.
UPDATE waiting_rooms
SET drawn = $2, holes = $3, joined = greatest(joined, $4), pace_base = served, pace_at = clock_timestamp(),
    version = version + 1
WHERE event_id = $1

-- name: sealed_seeds
SELECT event_id || ':' || round AS id, seed AS sealed, 'draw:' || event_id || ':' || round AS purpose
FROM waiting_room_draws WHERE seed_sealed

-- name: replace_seed
UPDATE waiting_room_draws SET seed = $3 WHERE event_id || ':' || round = $1 AND seed = $2

-- name: recorded_round
-- The last round with a record, or the one that is asked for if it has one.
SELECT max(round) AS round FROM waiting_room_record WHERE event_id = $1 AND ($2::integer IS NULL OR round = $2)
