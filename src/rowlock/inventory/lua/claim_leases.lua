-- Leases seats of one event for a moment: each booking gets all its seats or none, in order of arrival.
--
-- KEYS: the bookings' seats, one booking after the other. ARGV: how long a lease lives in milliseconds; then for each
-- booking its id and how many seats it wants. Answers, one a booking: 1 when all its seats are its own now, else 0.
local answers = {}
local seat = 0
for i = 2, #ARGV, 2 do
    local booking, last = ARGV[i], seat + tonumber(ARGV[i + 1])
    local answer = 1
    for k = seat + 1, last do
        local owner = redis.call('GET', KEYS[k])
        if owner and owner ~= booking then
            answer = 0
            break
        end
    end
    if answer == 1 then
        for k = seat + 1, last do
            redis.call('SET', KEYS[k], booking, 'NX', 'PX', ARGV[1])
        end
    end
    answers[#answers + 1] = answer
    seat = last
end
return answers
