-- The register has been put back into the line that was lost and began again at the number ARGV[1]. KEYS as in join.lua,
-- the first two. Nothing happens to a line that was lost once more meanwhile. Answers whether the line is whole.
if redis.call('HGET', KEYS[1], 'registered') == ARGV[1] then
    redis.call('HSET', KEYS[1], 'whole', 1)
end
return {tonumber(redis.call('HGET', KEYS[1], 'whole')) or 0}
