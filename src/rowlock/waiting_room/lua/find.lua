-- Where people stand in one line. KEYS as in join.lua; ARGV[i] is what the bucket calls person i. -1: nowhere; -3: nobody
-- can say, for the line is lost and the register has not been put back yet.
local answers = {}
local nowhere = redis.call('HGET', KEYS[1], 'whole') == '1' and -1 or -3
for i = 1, #ARGV do
    answers[i] = tonumber(redis.call('HGET', KEYS[2 + i], ARGV[i])) or nowhere
end
return answers
