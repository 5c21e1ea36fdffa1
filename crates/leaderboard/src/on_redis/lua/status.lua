-- How the board is.
local board = open(0)
if not board then return { 'REBUILD', 0, 0, 0, 0 } end
local members = 0
for _, n in ipairs(redis.call('HVALS', board.e .. 'members')) do members = members + tonumber(n) end
return { 'OK', board.seq, board.day, tonumber(board.epoch), members }
