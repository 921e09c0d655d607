-- Brings leases of one event into step with what PostgreSQL says of their bookings. Nobody else's lease is touched.
--
-- KEYS: the bookings' seats, one booking after the other. ARGV, three a booking: its id, how many seats it has, and how
-- many milliseconds its leases shall live from now; 0 gives them back.
local seat = 0
for i = 1, #ARGV, 3 do
    local booking, last, life = ARGV[i], seat + tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    for k = seat + 1, last do
        local owner = redis.call('GET', KEYS[k])
        if life > 0 and (not owner or owner == booking) then
            redis.call('SET', KEYS[k], booking, 'PX', life)
        elseif life == 0 and owner == booking then
            redis.call('DEL', KEYS[k])
        end
    end
    seat = last
end
return seat
