-- Shared by all scripts. KEYS[1] is the pointer to the live epoch, `{prefix}:live`; every other key begins with the same hash tag.
local base = string.sub(KEYS[1], 1, -5)
local SCORE_MAX = 140737488355327

local function root(epoch)
  return base .. epoch .. ':'
end

local function words(list)
  return string.gmatch(list, '%S+')
end

-- The live boards, or nothing when there are none, when they are older than what the caller has seen (a Redis restored from before
-- a rebuild), or when a batch broke off inside.
local function open(seen)
  local live = redis.call('GET', KEYS[1])
  if not live or (tonumber(live) or -1) < seen then return nil end
  local meta = redis.call('HMGET', root(live) .. 'meta', 'seq', 'day', 'dirty', 'periods')
  if not meta[1] or meta[3] then return nil end
  return { epoch = live, e = root(live), seq = tonumber(meta[1]), day = tonumber(meta[2]), periods = meta[4] }
end
