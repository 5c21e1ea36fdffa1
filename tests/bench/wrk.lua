-- Asks for the paths of a file, each with the access token behind it, one after the other, or for the path of the command line; tells the figures in one line.
local requests = {}
local at = 0

function init(args)
  if args[1] then
    for line in io.lines(args[1]) do
      local path, token = line:match("(%S+) (%S*)")
      local headers = { ["Accept-Encoding"] = wrk.headers["Accept-Encoding"] }
      if token ~= "" then
        headers["Authorization"] = "Bearer " .. token
      end
      requests[#requests + 1] = wrk.format("GET", path, headers)
    end
    request = function()
      at = at % #requests + 1
      return requests[at]
    end
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("figures %d %d %d %d %.3f %.3f\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout, e.status, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
