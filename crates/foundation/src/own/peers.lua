-- Says that the process ARGV[1] serves, for the next ARGV[3] milliseconds: answers the number by which it is here, and how many others are.
-- The number is ARGV[2] from when it comes, and stays until it is missing for once: whoever still has it has been here all the time.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine, others = ARGV[2], 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    local number, last = string.match(all[i + 1], '^(%d+):(%d+)$')
    if tonumber(last) <= now then
        redis.call('HDEL', KEYS[1], all[i])
    elseif all[i] == ARGV[1] then
        mine = number
    else
        others = others + 1
    end
end
redis.call('HSET', KEYS[1], ARGV[1], mine .. ':' .. string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {mine, others}
