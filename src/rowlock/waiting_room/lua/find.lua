-- Where people stand in one line: KEYS[i] is the bucket of person i, ARGV[i] what it calls them. -1: nowhere.
local answers = {}
for i = 1, #KEYS do
    answers[i] = tonumber(redis.call('HGET', KEYS[i], ARGV[i])) or -1
end
return answers
