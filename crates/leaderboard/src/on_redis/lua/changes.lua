-- What changes a board. A board is named subject:period:unit and has a hash `m:` (id -> inverted seq ':' score, hidden people, too)
-- and a sorted set `z:` of those who are listed (member = inverted seq .. id, so that inside a tie the first reacher is the largest).
-- `reach` is filled by the caller: smallest unit -> the units whose boards it counts for.
local reach = {}
-- Scores that wait to be written: a board is read and written once for all of them.
local waiting, order = {}, {}

local function flag(e, name, subject, id)
  return redis.call('SISMEMBER', e .. name .. ':' .. subject, id) == 1
end

-- Adds up what waits for one board. Returns the fields for `m:`, the members to take from `z:` and those to put there.
local function add_up(scores, held)
  local who, own = {}, {}
  for i, s in ipairs(scores) do
    local one = own[s.id]
    if not one then
      one = { id = s.id, visible = s.visible, reached = '', score = 0, known = held[i] }
      if one.known then
        one.reached, one.score = string.sub(one.known, 1, 16), tonumber(string.sub(one.known, 18))
        if one.score > 0 then one.before = one.reached .. s.id end
      end
      own[s.id], who[#who + 1] = one, one
    end
    one.score = math.max(-SCORE_MAX, math.min(SCORE_MAX, one.score + s.amount))
    if one.reached == '' or s.inverted < one.reached then one.reached = s.inverted end
  end
  local fields, gone, come, new = {}, {}, {}, 0
  for _, one in ipairs(who) do
    local text = string.format('%.0f', one.score)
    fields[#fields + 1] = one.id
    fields[#fields + 1] = one.reached .. ':' .. text
    if not one.known then new = new + 1 end
    if one.visible then
      if one.before then gone[#gone + 1] = one.before end
      if one.score > 0 then
        come[#come + 1] = text
        come[#come + 1] = one.reached .. one.id
      end
    end
  end
  return fields, gone, come, new
end

-- Writes what waits. A script is given so little that all of it fits into the arguments of a call.
local function flush(e)
  for _, name in ipairs(order) do
    local board = waiting[name]
    local m, z, ids = e .. 'm:' .. name, e .. 'z:' .. name, {}
    for i, s in ipairs(board.scores) do ids[i] = s.id end
    local fields, gone, come, new = add_up(board.scores, redis.call('HMGET', m, unpack(ids)))
    if new > 0 then
      redis.call('HINCRBY', e .. 'members', board.period, new)
      if redis.call('HLEN', m) == 0 then
        redis.call('SADD', e .. 'boards:' .. board.period, name)
        redis.call('SADD', e .. 'periods', board.period)
      end
    end
    if gone[1] then redis.call('ZREM', z, unpack(gone)) end
    redis.call('HSET', m, unpack(fields))
    if come[1] then redis.call('ZADD', z, unpack(come)) end
  end
  waiting, order = {}, {}
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

local function score(e, periods, subject, id, unit, amount, inverted)
  if flag(e, 'erased', subject, id) then return end
  local one = { id = id, amount = amount, inverted = inverted, visible = not flag(e, 'hidden', subject, id) }
  settle_in(e, subject, id, unit)
  for above in words(reach[unit]) do
    for period in words(periods) do
      local name = subject .. ':' .. period .. ':' .. above
      local board = waiting[name]
      if not board then
        board = { period = period, scores = {} }
        waiting[name], order[#order + 1] = board, name
      end
      board.scores[#board.scores + 1] = one
    end
  end
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
