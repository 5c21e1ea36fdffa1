-- Deletes at most ARGV[1] boards of closed periods and of old epochs. Returns how many bundles still wait.
local bundle = redis.call('SRANDMEMBER', base .. 'trash')
if not bundle then return 0 end
local epoch, period = string.match(bundle, '^(%S+) (%S+)$')
local e = root(epoch)
local boards = redis.call('SPOP', e .. 'boards:' .. period, ARGV[1])
for _, board in ipairs(boards) do
  redis.call('UNLINK', e .. 'm:' .. board, e .. 'z:' .. board)
end
if redis.call('EXISTS', e .. 'boards:' .. period) == 0 then redis.call('SREM', base .. 'trash', bundle) end
return redis.call('SCARD', base .. 'trash')
