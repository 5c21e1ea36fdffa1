-- What changes a board. A board is named subject:period:unit and has a hash `m:` (id -> inverted seq ':' score, hidden people, too)
-- and a sorted set `z:` of those who are listed (member = inverted seq .. id, so that inside a tie the first reacher is the largest).
-- `reach` is filled by the caller: smallest unit -> the units whose boards it counts for.
local reach = {}
-- Scores that wait to be written, so that a board is read and written once for all of them: who has some, the boards in the order in which
-- they were met and by name, and the boards on which the subjects of a smallest unit count.
local scored, order, boards, lists = {}, {}, {}, {}

local function flag(e, name, subject, id)
  return redis.call('SISMEMBER', e .. name .. ':' .. subject, id) == 1
end

-- Writes what waits for one board. A script is given so little that all of it fits into the arguments of a call.
local function write(e, board)
  local m, z, ids = e .. 'm:' .. board.name, e .. 'z:' .. board.name, {}
  for i, one in ipairs(board.who) do ids[i] = one.id end
  local held = redis.call('HMGET', m, unpack(ids))
  local fields, gone, come, new = {}, {}, {}, 0
  for i, one in ipairs(board.who) do
    local known, score, inverted, member = held[i], 0, one.inverted, one.inverted .. one.id
    if known then
      local reached = string.sub(known, 1, 16)
      score = tonumber(string.sub(known, 18))
      if score > 0 and one.visible then gone[#gone + 1] = reached .. one.id end
      if reached < inverted then inverted, member = reached, reached .. one.id end
    else
      new = new + 1
    end
    for _, amount in ipairs(one.amounts) do score = math.max(-SCORE_MAX, math.min(SCORE_MAX, score + amount)) end
    local text = string.format('%.0f', score)
    fields[2 * i - 1], fields[2 * i] = one.id, inverted .. ':' .. text
    if score > 0 and one.visible then come[#come + 1], come[#come + 2] = text, member end
  end
  if new > 0 then
    redis.call('HINCRBY', e .. 'members', board.period, new)
    if redis.call('HLEN', m) == 0 then
      redis.call('SADD', e .. 'boards:' .. board.period, board.name)
      redis.call('SADD', e .. 'periods', board.period)
    end
  end
  if gone[1] then redis.call('ZREM', z, unpack(gone)) end
  redis.call('HSET', m, unpack(fields))
  if come[1] then redis.call('ZADD', z, unpack(come)) end
end

local function flush(e)
  for _, board in ipairs(order) do write(e, board) end
  scored, order, boards, lists = {}, {}, {}, {}
end

-- Widens the remembered reach of a smallest unit. Hiding and erasing follow it, so that nobody stays on a board that the tree has
-- since moved away.
local function widen(e, unit, list)
  reach[unit] = list
  local known = redis.call('HGET', e .. 'reach', unit) or ''
  local wider = known
  for above in words(list) do
    if not string.find(wider, above, 1, true) then wider = wider .. ' ' .. above end
  end
  if wider ~= known then redis.call('HSET', e .. 'reach', unit, wider) end
end

local function settle_in(e, subject, id, unit)
  local home = redis.call('HGET', e .. 'home:' .. subject, id)
  if not home then
    redis.call('HSET', e .. 'home:' .. subject, id, unit)
  elseif not string.find(home, unit, 1, true) then
    redis.call('HSET', e .. 'home:' .. subject, id, home .. ' ' .. unit)
  end
end

local function on_boards_of(e, subject, id, act)
  local seen = {}
  for home in words(redis.call('HGET', e .. 'home:' .. subject, id) or '') do
    for unit in words(redis.call('HGET', e .. 'reach', home) or '') do
      if not seen[unit] then
        seen[unit] = true
        for _, period in ipairs(redis.call('SMEMBERS', e .. 'periods')) do
          local board = subject .. ':' .. period .. ':' .. unit
          local held = redis.call('HGET', e .. 'm:' .. board, id)
          if held then act(board, period, string.sub(held, 18), string.sub(held, 1, 16) .. id) end
        end
      end
    end
  end
end

-- The boards on which the subjects of a smallest unit count; several units share those above them.
local function boards_of(subject, periods, unit)
  local key = subject .. unit .. periods
  if lists[key] then return lists[key] end
  local list = {}
  for above in words(reach[unit]) do
    for period in words(periods) do
      local name = subject .. ':' .. period .. ':' .. above
      if not boards[name] then
        boards[name] = { name = name, period = period, who = {} }
        order[#order + 1] = boards[name]
      end
      list[#list + 1] = boards[name]
    end
  end
  lists[key] = list
  return list
end

local function score(e, periods, subject, id, unit, amount, inverted)
  local key = subject .. id .. periods
  local one = scored[key]
  if not one or one.unit ~= unit then
    if flag(e, 'erased', subject, id) then return end
    -- Nobody is on one board twice: who has moved meanwhile is written first.
    if one then flush(e) end
    one = { id = id, unit = unit, amounts = {}, inverted = inverted, visible = not flag(e, 'hidden', subject, id) }
    settle_in(e, subject, id, unit)
    for _, board in ipairs(boards_of(subject, periods, unit)) do board.who[#board.who + 1] = one end
    scored[key] = one
  end
  one.amounts[#one.amounts + 1] = amount
  if inverted < one.inverted then one.inverted = inverted end
end

local function hide(e, subject, id)
  flush(e)
  if flag(e, 'erased', subject, id) then return end
  redis.call('SADD', e .. 'hidden:' .. subject, id)
  on_boards_of(e, subject, id, function(board, _, _, member)
    redis.call('ZREM', e .. 'z:' .. board, member)
  end)
end

local function show(e, subject, id)
  flush(e)
  if flag(e, 'erased', subject, id) then return end
  redis.call('SREM', e .. 'hidden:' .. subject, id)
  on_boards_of(e, subject, id, function(board, _, text, member)
    if tonumber(text) > 0 then redis.call('ZADD', e .. 'z:' .. board, text, member) end
  end)
end

local function erase(e, subject, id)
  flush(e)
  on_boards_of(e, subject, id, function(board, period, _, member)
    redis.call('ZREM', e .. 'z:' .. board, member)
    redis.call('HDEL', e .. 'm:' .. board, id)
    redis.call('HINCRBY', e .. 'members', period, -1)
  end)
  redis.call('HDEL', e .. 'home:' .. subject, id)
  redis.call('SADD', e .. 'erased:' .. subject, id)
end
