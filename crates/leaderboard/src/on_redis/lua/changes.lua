-- What changes a board. A board is named subject:period:unit and has a hash `m:` (id -> inverted seq ':' score, hidden people, too)
-- and a sorted set `z:` of those who are listed (member = inverted seq .. id, so that inside a tie the first reacher is the largest).
-- `reach` is filled by the caller: smallest unit -> the units whose boards it counts for.
local reach = {}

local function flag(e, name, subject, id)
  return redis.call('SISMEMBER', e .. name .. ':' .. subject, id) == 1
end

local function put(e, subject, period, unit, id, amount, inverted, visible)
  local board = subject .. ':' .. period .. ':' .. unit
  local m, z = e .. 'm:' .. board, e .. 'z:' .. board
  local held = redis.call('HGET', m, id)
  local score = amount
  if held then
    local reached, before = string.sub(held, 1, 16), tonumber(string.sub(held, 18))
    score = before + amount
    if before > 0 and visible then redis.call('ZREM', z, reached .. id) end
    if reached < inverted then inverted = reached end
  else
    redis.call('HINCRBY', e .. 'members', period, 1)
    if redis.call('HLEN', m) == 0 then
      redis.call('SADD', e .. 'boards:' .. period, board)
      redis.call('SADD', e .. 'periods', period)
    end
  end
  score = math.max(-SCORE_MAX, math.min(SCORE_MAX, score))
  local text = string.format('%.0f', score)
  redis.call('HSET', m, id, inverted .. ':' .. text)
  if score > 0 and visible then redis.call('ZADD', z, text, inverted .. id) end
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
  local visible = not flag(e, 'hidden', subject, id)
  settle_in(e, subject, id, unit)
  for above in words(reach[unit]) do
    for period in words(periods) do
      put(e, subject, period, above, id, amount, inverted, visible)
    end
  end
end

local function hide(e, subject, id)
  if flag(e, 'erased', subject, id) then return end
  redis.call('SADD', e .. 'hidden:' .. subject, id)
  on_boards_of(e, subject, id, function(board, _, _, member)
    redis.call('ZREM', e .. 'z:' .. board, member)
  end)
end

local function show(e, subject, id)
  if flag(e, 'erased', subject, id) then return end
  redis.call('SREM', e .. 'hidden:' .. subject, id)
  on_boards_of(e, subject, id, function(board, _, text, member)
    if tonumber(text) > 0 then redis.call('ZADD', e .. 'z:' .. board, text, member) end
  end)
end

local function erase(e, subject, id)
  on_boards_of(e, subject, id, function(board, period, _, member)
    redis.call('ZREM', e .. 'z:' .. board, member)
    redis.call('HDEL', e .. 'm:' .. board, id)
    redis.call('HINCRBY', e .. 'members', period, -1)
  end)
  redis.call('HDEL', e .. 'home:' .. subject, id)
  redis.call('SADD', e .. 'erased:' .. subject, id)
end
