-- Adds what was seen of several names to what is known of them, and answers all that is known.
--
-- ARGV[1]: a MessagePack list of [key, {field = how much to add}, {field = value to set}, [fields to drop], attempted]:
-- `attempted` says that an attempt to book is among it. ARGV[2]: the time in milliseconds. ARGV[3]: seconds after which a
-- name is forgotten, counted from when it was first seen. ARGV[4]: how many fields a name may have. ARGV[5]: how many
-- milliseconds after a look at the map a hold is too quick. ARGV[6]: attempts below which nothing is answered of a name.
-- Answers a MessagePack list of maps, nil where nothing is answered.
-- Fields `open:...` are holds with the moment they end; one that has passed becomes `lapsed`. Adding commutes, so
-- processes need not agree on an order.
local function all_of(key, now)
    local all, flat = {}, redis.call('HGETALL', key)
    for n = 1, #flat, 2 do
        local field, value = flat[n], tonumber(flat[n + 1])
        if string.sub(field, 1, 5) == 'open:' and value <= now then
            redis.call('HDEL', key, field)
            all.lapsed = redis.call('HINCRBY', key, 'lapsed', 1)
        elseif field ~= 'lapsed' or not all.lapsed then
            all[field] = value
        end
    end
    return all
end

local now, answers = tonumber(ARGV[2]), {}
for i, seen in ipairs(cmsgpack.unpack(ARGV[1])) do
    local key, adds, sets, drops, attempted = seen[1], seen[2], seen[3], seen[4], seen[5]
    local function add(field, amount)
        if redis.call('HLEN', key) < tonumber(ARGV[4]) or redis.call('HEXISTS', key, field) == 1 then
            redis.call('HINCRBY', key, field, amount)
        end
    end
    if attempted then
        local last, looked = unpack(redis.call('HMGET', key, 'last', 'looked_at'))
        local gap = last and now - tonumber(last)
        if gap and gap > 0 and gap <= 60000 then
            add('gaps', 1)
            add('gap_sum', gap)
            add('gap_squares', gap * gap)
        end
        if looked and now - tonumber(looked) < tonumber(ARGV[5]) then add('quick', 1) end
        redis.call('HSET', key, 'last', string.format('%d', now))
    end
    for field, amount in pairs(adds) do add(field, amount) end
    for field, value in pairs(sets) do
        redis.call('HDEL', key, field)
        add(field, value)
    end
    for _, field in ipairs(drops) do redis.call('HDEL', key, field) end
    if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, ARGV[3]) end

    answers[i] = tonumber(redis.call('HGET', key, 'attempts') or 0) >= tonumber(ARGV[6]) and all_of(key, now) or cjson.null
end
return cmsgpack.pack(answers)
