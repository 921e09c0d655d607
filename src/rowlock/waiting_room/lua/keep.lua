-- Puts people back to places they have proven: KEYS[i] is the bucket of person i, ARGV[i] what it calls them and
-- ARGV[n + i] the place. Whoever has a better one keeps that: no place ever gets worse. Answers where each stands.
local answers = {}
for i = 1, #KEYS do
    local known, proven = tonumber(redis.call('HGET', KEYS[i], ARGV[i])), tonumber(ARGV[#KEYS + i])
    if not known or proven < known then
        redis.call('HSET', KEYS[i], ARGV[i], proven)
        known = proven
    end
    answers[i] = known
end
return answers
