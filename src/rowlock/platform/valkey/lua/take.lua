-- Takes one request from each of several rate limits (generic cell rate algorithm, a sliding window without a list).
--
-- KEYS: one a limit, holding the theoretical arrival time in microseconds. ARGV: limit per minute, one a key.
-- Answers, one a key: 0 when the request may pass, else the microseconds until it may. Valkey's clock is the clock,
-- so processes with different clocks share one limit.
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local window = 60000000
local waits = {}
for i, key in ipairs(KEYS) do
    local step = window / tonumber(ARGV[i])
    local due = math.max(tonumber(redis.call('GET', key) or now), now)
    local allowed_at = due + step - window
    if allowed_at > now then
        waits[i] = math.ceil(allowed_at - now)
    else
        redis.call('SET', key, string.format('%d', due + step), 'PX', 61000)
        waits[i] = 0
    end
end
return waits
