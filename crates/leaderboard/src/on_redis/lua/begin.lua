-- Opens a new epoch to be filled beside the live one. ARGV: newest epoch seen. An epoch is at least the time of Redis' clock in
-- microseconds, so that it still grows after everything was wiped.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local newest = math.max(now, tonumber(ARGV[1]) + 1, (tonumber(redis.call('GET', KEYS[1]) or 0) or 0) + 1)
for _, epoch in ipairs(redis.call('SMEMBERS', base .. 'epochs')) do
  newest = math.max(newest, tonumber(epoch) + 1)
end
local epoch = string.format('%.0f', newest)
redis.call('SADD', base .. 'epochs', epoch)
redis.call('HSET', root(epoch) .. 'meta', 'building', 1)
return newest
