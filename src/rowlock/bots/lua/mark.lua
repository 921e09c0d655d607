-- Writes what was scored of several names where the gate reads it, and the list of suspects for operators.
--
-- KEYS[1]: the list. ARGV[1]: a MessagePack list of [name, score, blocked (0 or 1), steps shorter, seconds to rest].
-- ARGV[2]: seconds a mark lives. ARGV[3]: the score from which a name is listed. What staff have ruled stands: a pardon
-- (3) is not scored away, and a confirmed block (2) keeps its ruling. Mark: shorter * 10000 + ruling * 1000 + score.
for _, scored in ipairs(cmsgpack.unpack(ARGV[1])) do
    local name, score, blocked, shorter, rest = unpack(scored)
    local key = 'mark:' .. name
    local ruling = math.floor((tonumber(redis.call('GET', key)) or 0) % 10000 / 1000)
    if ruling ~= 3 then
        ruling = math.max(ruling, blocked)
        redis.call('SET', key, string.format('%d', shorter * 10000 + ruling * 1000 + score), 'EX', ARGV[2])
        if rest > 0 then redis.call('SET', 'rest:' .. name, '1', 'EX', rest, 'NX') end
        if score >= tonumber(ARGV[3]) then
            redis.call('ZADD', KEYS[1], score, name)
            redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1001)
            redis.call('EXPIRE', KEYS[1], ARGV[2])
        else
            redis.call('ZREM', KEYS[1], name)
        end
    end
end
return 0
