-- The lines of a board from an index (0 is the first) on: the index, how many stand above the first line's score, and the lines.
local function stretch(z, from, count)
  if count <= 0 then return { from, 0, {} } end
  local lines = redis.call('ZREVRANGE', z, from, from + count - 1, 'WITHSCORES')
  local above = 0
  if lines[2] then above = redis.call('ZCOUNT', z, '(' .. lines[2], '+inf') end
  return { from, above, lines }
end
