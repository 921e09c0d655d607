-- What is known of a line: its next number, the ceiling, whether the register has been put back into it, the number of
-- the first person not registered, and those people, at most ARGV[1] bytes of them. KEYS as in join.lua, the first two.
-- Nothing: there is no line.
local line = redis.call('HMGET', KEYS[1], 'next', 'ceiling', 'whole', 'registered')
if not line[1] then
    return {}
end
return {tonumber(line[1]), tonumber(line[2]), tonumber(line[3]), tonumber(line[4]), redis.call('GETRANGE', KEYS[2], 0, ARGV[1] - 1)}
