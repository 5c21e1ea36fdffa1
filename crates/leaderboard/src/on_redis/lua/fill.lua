-- Adds scores of a snapshot to one board of an epoch that is not live yet. ARGV: epoch, subject, period, unit, how many, their ids, then for
-- each the id and what is held (inverted seq ':' score), then for who is listed score and member. Everything comes as it is to be written:
-- strings that Lua has to make are what filling would cost most. Returns 0 when a later loading was faster and swept this one away.
local e = root(ARGV[1])
if redis.call('HEXISTS', e .. 'meta', 'building') == 0 then return 0 end
local subject, period, n = ARGV[2], ARGV[3], tonumber(ARGV[5])
local name = subject .. ':' .. period .. ':' .. ARGV[4]
local m, z = e .. 'm:' .. name, e .. 'z:' .. name
local known, new = redis.call('HMGET', m, unpack(ARGV, 6, 5 + n)), n
for i = 1, n do
  if known[i] then new = new - 1 end
end
if new == n then
  redis.call('HSET', m, unpack(ARGV, 6 + n, 5 + 3 * n))
  if ARGV[6 + 3 * n] then redis.call('ZADD', z, unpack(ARGV, 6 + 3 * n)) end
else
  -- Who scored in two smallest units, or in parts of a period, comes twice.
  for i = 1, n do
    local id, held = ARGV[5 + i], ARGV[5 + n + 2 * i]
    local inverted, score = string.sub(held, 1, 16), tonumber(string.sub(held, 18))
    if known[i] then
      local before = tonumber(string.sub(known[i], 18))
      if before > 0 then redis.call('ZREM', z, string.sub(known[i], 1, 16) .. id) end
      if string.sub(known[i], 1, 16) < inverted then inverted = string.sub(known[i], 1, 16) end
      score = math.max(-SCORE_MAX, math.min(SCORE_MAX, score + before))
    end
    local text = string.format('%.0f', score)
    redis.call('HSET', m, id, inverted .. ':' .. text)
    if score > 0 and not flag(e, 'hidden', subject, id) then redis.call('ZADD', z, text, inverted .. id) end
  end
end
redis.call('HINCRBY', e .. 'members', period, new)
redis.call('SADD', e .. 'boards:' .. period, name)
redis.call('SADD', e .. 'periods', period)
return 1
