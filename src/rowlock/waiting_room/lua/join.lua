-- Gives people their places in one line: a known person the place they have, a new one the next number.
--
-- KEYS[1] what is known of the line (a hash: next, ceiling, whole); KEYS[2] who joined and is not registered yet;
-- KEYS[2 + i] the bucket of person i. ARGV[i] is what the bucket calls person i, ARGV[n + i] the whole person.
-- Answers a number each; -1: there is no line here; -2: the numbers that may be given are used up; -3: the register is
-- still being put back, so somebody unknown may have a better place than the next.
local count = #KEYS - 2
local kept = redis.call('HMGET', KEYS[1], 'next', 'ceiling', 'whole')
local next_no, ceiling, whole = tonumber(kept[1]), tonumber(kept[2]), kept[3] ~= '0'
local answers, fresh = {}, {}
for i = 1, count do
    if not next_no then
        answers[i] = -1
    else
        local known = redis.call('HGET', KEYS[2 + i], ARGV[i])
        if known then
            answers[i] = tonumber(known)
        elseif not whole then
            answers[i] = -3
        elseif next_no >= ceiling then
            answers[i] = -2
        else
            redis.call('HSET', KEYS[2 + i], ARGV[i], next_no)
            answers[i] = next_no
            fresh[#fresh + 1] = ARGV[count + i]
            next_no = next_no + 1
        end
    end
end
if #fresh > 0 then
    redis.call('APPEND', KEYS[2], table.concat(fresh))
    redis.call('HSET', KEYS[1], 'next', next_no)
end
return answers
