-- A page. ARGV: subject, period, unit, index of the first line, count.
local board = open(0)
if not board then return { 'REBUILD', 0, 0, 0, { 0, 0, {} } } end
if not string.find(' ' .. board.periods .. ' ', ' ' .. ARGV[2] .. ' ', 1, true) then
  return { 'CLOSED', board.seq, board.day, 0, { 0, 0, {} } }
end
local z = board.e .. 'z:' .. ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[3]
return { 'OK', board.seq, board.day, redis.call('ZCARD', z), stretch(z, tonumber(ARGV[4]), tonumber(ARGV[5])) }
