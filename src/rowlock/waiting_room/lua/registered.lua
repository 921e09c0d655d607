-- Forgets people who are registered: ARGV[1] the number of the first, ARGV[2] how many bytes they take. Nothing happens
-- when somebody else has done it.
if redis.call('HGET', KEYS[1], 'registered') ~= ARGV[1] then
    return 0
end
local people = redis.call('GETRANGE', KEYS[2], ARGV[2], -1)
if #people > 0 then
    redis.call('SET', KEYS[2], people)
else
    redis.call('DEL', KEYS[2])
end
return redis.call('HINCRBY', KEYS[1], 'registered', ARGV[2] / 12)
