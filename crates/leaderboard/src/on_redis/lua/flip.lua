-- Makes a filled epoch the live one. ARGV: epoch, seq, day, its periods. Older epochs, also those whose loading broke off, give up
-- their few fixed keys at once and their boards to the trash. Returns 0 when a later loading was faster.
local e = root(ARGV[1])
if redis.call('HEXISTS', e .. 'meta', 'building') == 0 then return 0 end
redis.call('HSET', e .. 'meta', 'seq', ARGV[2], 'day', ARGV[3], 'periods', ARGV[4])
redis.call('HDEL', e .. 'meta', 'building')
redis.call('SET', KEYS[1], ARGV[1])
for _, epoch in ipairs(redis.call('SMEMBERS', base .. 'epochs')) do
  if tonumber(epoch) < tonumber(ARGV[1]) then
    local old = root(epoch)
    for _, period in ipairs(redis.call('SMEMBERS', old .. 'periods')) do
      redis.call('SADD', base .. 'trash', epoch .. ' ' .. period)
    end
    redis.call('UNLINK', old .. 'meta', old .. 'periods', old .. 'members', old .. 'reach')
    for _, subject in ipairs({ 'resident', 'household' }) do
      redis.call('UNLINK', old .. 'home:' .. subject, old .. 'hidden:' .. subject, old .. 'erased:' .. subject)
    end
    redis.call('SREM', base .. 'epochs', epoch)
  end
end
return 1
