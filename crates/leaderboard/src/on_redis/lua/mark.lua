-- Names hidden or erased subjects of an epoch that is not live yet. ARGV: epoch, set, ids... Returns 0 when it was swept away.
local e = root(ARGV[1])
if redis.call('HEXISTS', e .. 'meta', 'building') == 0 then return 0 end
for i = 3, #ARGV do redis.call('SADD', e .. ARGV[2], ARGV[i]) end
return 1
