-- Lets a line begin, or learn that more numbers may be given. KEYS as in join.lua, the first two.
-- ARGV: the number to begin at, where there is no line yet; up to which number may be given.
-- A line that does not begin at 0 was lost, and is not whole until the register has been put back.
-- Answers whether it began, its next number, and the number of the first person who is not registered.
local began = 0
if redis.call('HEXISTS', KEYS[1], 'next') == 0 then
    redis.call('DEL', KEYS[2])
    local whole = tonumber(ARGV[1]) == 0 and 1 or 0
    redis.call('HSET', KEYS[1], 'next', ARGV[1], 'ceiling', ARGV[2], 'registered', ARGV[1], 'whole', whole)
    began = 1
elseif tonumber(redis.call('HGET', KEYS[1], 'ceiling')) < tonumber(ARGV[2]) then
    redis.call('HSET', KEYS[1], 'ceiling', ARGV[2])
end
local line = redis.call('HMGET', KEYS[1], 'next', 'registered')
return {began, tonumber(line[1]), tonumber(line[2])}
