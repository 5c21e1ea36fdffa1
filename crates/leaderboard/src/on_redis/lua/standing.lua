-- Where a subject stands. ARGV: subject, period, unit, id, number of neighbours.
local nothing = { 0, 0, {} }
local board = open(0)
if not board then return { 'REBUILD', 0, 0, 0, { 0, 0, 0, 0 }, nothing, nothing } end
if not string.find(' ' .. board.periods .. ' ', ' ' .. ARGV[2] .. ' ', 1, true) then
  return { 'CLOSED', board.seq, board.day, 0, { 0, 0, 0, 0 }, nothing, nothing }
end
local e, subject, id, near = board.e, ARGV[1], ARGV[4], tonumber(ARGV[5])
local name = subject .. ':' .. ARGV[2] .. ':' .. ARGV[3]
local z = e .. 'z:' .. name
local total = redis.call('ZCARD', z)

-- How many stand before a member that need not be in the set: those above, and by halving the tie those who reached it first.
local function before(text, member)
  local low = redis.call('ZCOUNT', z, '(' .. text, '+inf')
  local high = low + redis.call('ZCOUNT', z, text, text)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZREVRANGE', z, middle, middle)[1] > member then low = middle + 1 else high = middle end
  end
  return low
end

local hidden = redis.call('SISMEMBER', e .. 'hidden:' .. subject, id) == 1
  and redis.call('SISMEMBER', e .. 'erased:' .. subject, id) == 0
local held = redis.call('HGET', e .. 'm:' .. name, id)
local text = held and string.sub(held, 18) or '0'
local score, index, rank, position = tonumber(text), total, total + 1, 0
if score > 0 then
  local member = string.sub(held, 1, 16) .. id
  rank = redis.call('ZCOUNT', z, '(' .. text, '+inf') + 1
  index = redis.call('ZREVRANK', z, member) or before(text, member)
  if not hidden then position = index + 1 end
end
local start = math.max(0, index - near)
local below = index
if position > 0 then below = index + 1 end
return { 'OK', board.seq, board.day, total, { score, hidden and 1 or 0, rank, position },
  stretch(z, start, index - start), stretch(z, below, near) }
