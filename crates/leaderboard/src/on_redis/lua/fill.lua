-- Adds scores of a snapshot to an epoch that is not live yet. ARGV: epoch, number of units, (smallest unit, its reach)..., then per
-- score six: subject, period, unit, id, score, inverted seq. Returns 0 when a later loading was faster and swept this one away.
local e = root(ARGV[1])
if redis.call('HEXISTS', e .. 'meta', 'building') == 0 then return 0 end
local units = tonumber(ARGV[2])
local at = 3 + 2 * units
for i = 3, 1 + 2 * units, 2 do widen(e, ARGV[i], ARGV[i + 1]) end
while ARGV[at] do
  score(e, ARGV[at + 1], ARGV[at], ARGV[at + 3], ARGV[at + 2], tonumber(ARGV[at + 4]), ARGV[at + 5])
  at = at + 6
end
flush(e)
return 1
