-- Remembers where subjects of a snapshot scored, in an epoch that is not live yet. ARGV: epoch, subject, number of units, (smallest unit, its
-- reach)..., how many, their ids, then for each its smallest units. Returns 0 when a later loading was faster and swept this one away.
local e = root(ARGV[1])
if redis.call('HEXISTS', e .. 'meta', 'building') == 0 then return 0 end
local home, units = e .. 'home:' .. ARGV[2], tonumber(ARGV[3])
for i = 4, 2 + 2 * units, 2 do widen(e, ARGV[i], ARGV[i + 1]) end
local at = 4 + 2 * units
local n = tonumber(ARGV[at])
local known, fields = redis.call('HMGET', home, unpack(ARGV, at + 1, at + n)), {}
for i = 1, n do
  local all = known[i]
  if all then
    for unit in words(ARGV[at + n + i]) do
      if not string.find(all, unit, 1, true) then all = all .. ' ' .. unit end
    end
  else
    all = ARGV[at + n + i]
  end
  if all ~= known[i] then fields[#fields + 1], fields[#fields + 2] = ARGV[at + i], all end
end
if fields[1] then redis.call('HSET', home, unpack(fields)) end
return 1
