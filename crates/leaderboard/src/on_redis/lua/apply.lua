-- Applies a piece of the log, all of one day and without holes in itself. ARGV: newest epoch seen, day, its periods, number of units,
-- (smallest unit, its reach)..., then per entry seven: seq, inverted seq, kind, unit or subject, resident or id, household, amount.
-- Returns the outcome, the epoch, a seq, and how much is waiting to be drained. Everything is checked before the first write, and
-- `dirty` stands while it writes: a script that breaks off keeps what it wrote, and the board then asks to be loaded again.
local board = open(tonumber(ARGV[1]))
if not board then return { 'REBUILD', 0, 0, 0 } end
local e, epoch = board.e, tonumber(board.epoch)
local day, periods, units = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local at = 5 + 2 * units
while ARGV[at] and tonumber(ARGV[at]) <= board.seq do at = at + 7 end
local trash = redis.call('SCARD', base .. 'trash')
if not ARGV[at] then return { 'OK', epoch, board.seq, trash } end
local first = tonumber(ARGV[at])
if first ~= board.seq + 1 then return { 'GAP', epoch, board.seq + 1, trash } end
if day < board.day then return { 'BACK', epoch, first, trash } end

redis.call('HSET', e .. 'meta', 'dirty', 1)
if day > board.day then
  for period in words(board.periods) do
    if not string.find(' ' .. periods .. ' ', ' ' .. period .. ' ', 1, true) then
      redis.call('SADD', base .. 'trash', board.epoch .. ' ' .. period)
      redis.call('SREM', e .. 'periods', period)
      redis.call('HDEL', e .. 'members', period)
    end
  end
  trash = redis.call('SCARD', base .. 'trash')
end
for i = 5, 3 + 2 * units, 2 do widen(e, ARGV[i], ARGV[i + 1]) end

local last
while ARGV[at] do
  local kind, a, b, c = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  if kind == 'score' then
    local amount = tonumber(ARGV[at + 6])
    if b ~= '' then score(e, periods, 'resident', b, a, amount, ARGV[at + 1]) end
    if c ~= '' then score(e, periods, 'household', c, a, amount, ARGV[at + 1]) end
  elseif kind == 'hide' then
    hide(e, a, b)
  elseif kind == 'show' then
    show(e, a, b)
  elseif kind == 'erase' then
    erase(e, a, b)
  end
  last = ARGV[at]
  at = at + 7
end
flush(e)
redis.call('HSET', e .. 'meta', 'seq', last, 'day', day, 'periods', periods)
redis.call('HDEL', e .. 'meta', 'dirty')
return { 'OK', epoch, tonumber(last), trash }
