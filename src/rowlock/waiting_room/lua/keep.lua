-- Puts people back to places they have proven. KEYS as in join.lua; ARGV[i] is what the bucket calls person i, ARGV[n + i]
-- the place. Whoever has a better one keeps that: no place ever gets worse. Answers where each stands.
local answers, count = {}, #KEYS - 2
for i = 1, count do
    local known, proven = tonumber(redis.call('HGET', KEYS[2 + i], ARGV[i])), tonumber(ARGV[count + i])
    if not known or proven < known then
        redis.call('HSET', KEYS[2 + i], ARGV[i], proven)
        known = proven
    end
    answers[i] = known
end
return answers
