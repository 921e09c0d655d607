-- Takes from several rate limits at once (generic cell rate algorithm, a sliding window without a list) and reads marks.
--
-- ARGV[1]: a MessagePack list of [key, quota, window in microseconds, how many are taken]; with quota 0 the key is a mark,
-- a whole number that somebody keeps there, and is only read. ARGV[2]: the time in microseconds, only given by tests: else
-- Valkey's clock is the clock, so that processes with different clocks share one limit.
-- Answers a MessagePack list, one number each. A limit: minus the microseconds of room that are left when it was taken
-- from, else the microseconds until it can be. A mark: its value, 0 without one.
local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local answers = {}
for i, wish in ipairs(cmsgpack.unpack(ARGV[1])) do
    local key, quota, window, taken = wish[1], wish[2], wish[3], wish[4]
    local kept = tonumber(redis.call('GET', key))
    if quota == 0 then
        answers[i] = kept or 0
    else
        local due = math.max(kept or now, now) + math.floor(window / quota) * taken
        if due - window > now then
            answers[i] = due - window - now
        else
            redis.call('SET', key, string.format('%d', due), 'PX', math.ceil(window / 1000) + 1000)
            answers[i] = due - window - now
        end
    end
end
return cmsgpack.pack(answers)
