-- Requests of the key KEYS[1] at ARGV[1] (microseconds), one refilled every ARGV[2], ARGV[3] at once: `Quota::decide` in Lua, for up to
-- ARGV[5] of them, but for no more than a sixteenth of what is left, and for one in any case. Answers how many may pass and how many more
-- could, or 0 and for how long to wait.
-- The numbers stay below 2^53, where Lua's doubles count exactly. ARGV[4] is for how many milliseconds longer than needed the
-- number is kept, since the clocks of the callers and of this server may differ.
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local tolerance = interval * (burst - 1)
if arrival - now > tolerance then
    return {0, arrival - now - tolerance}
end
local left = math.floor((tolerance + interval - (arrival - now)) / interval)
local granted = math.max(math.min(tonumber(ARGV[5]), math.floor(left / 16)), 1)
local next = arrival + interval * granted
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + tonumber(ARGV[4]))
return {granted, math.max(left - granted, 0)}
