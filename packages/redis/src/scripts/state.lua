-- How a state is kept: one string, its units, a zero byte and its numbers, which expires when it equals none.
-- Defines MAX_LEAD, MAX_LEVEL, read, write, clock, put, short names, and `algorithms`, which the algorithms' files fill.
--
-- Everything is a whole number below 2^53, which Lua's doubles hold exactly. So each is kept as a double; those of a log,
-- which are many, as MessagePack, which is shorter.

local MAX_LEAD = 60000000 -- how far ahead of the clock a stored time may be, in µs
local MAX_LEVEL = 9007199254740991 -- 2^53 - 1
local call, ceil, floor, max, min = redis.call, math.ceil, math.floor, math.max, math.min
local algorithms = {} -- by the first letter of their units

-- The units and the numbers under a key; nothing if there are none.
local function read(key)
  local value = call('GET', key)
  if not value then
    return
  end
  local units, place = struct.unpack('s', value)
  if string.sub(units, 1, 1) == 'l' then
    return units, cmsgpack.unpack(string.sub(value, place))
  end
  if #value - #units == 17 then
    local a, b = struct.unpack('<dd', value, place)
    return units, { a, b }
  end
  local a, b, c = struct.unpack('<ddd', value, place)
  return units, { a, b, c }
end

-- The server's clock, in µs since 1970; the same all through a script.
local server_time

local function clock()
  if not server_time then
    local time = call('TIME')
    server_time = time[1] * 1000000 + time[2]
  end
  return server_time
end

-- State and expiry in one operation. A state expires at the next full minute after it is empty, and 61 s later, for clocks
-- that lag and for ticks: so most charges of a busy key needn't move it. Where the call was told a time that is ahead of the
-- clock, it lasts for as long from now.
--
-- As text the expiry is made once for all states of a batch that last as long, as most do.
local last_ms, expiry

local function write(key, rule, cells, now)
  local value = struct.pack('s', rule.units)
  if rule.algorithm == 'l' then
    value = value .. cmsgpack.pack(cells)
  elseif cells[3] then
    value = value .. struct.pack('<ddd', cells[1], cells[2], cells[3])
  else
    value = value .. struct.pack('<dd', cells[1], cells[2])
  end
  local empty_at = algorithms[rule.algorithm].empty_at(rule, cells)
  local ends = min(empty_at - empty_at % MAX_LEAD + 2 * MAX_LEAD + 1000000, MAX_LEVEL)
  local ms = ceil((ends - min(now, clock())) / 1000)
  if ms ~= last_ms then
    last_ms, expiry = ms, string.format('%.0f', max(ms, 1))
  end
  call('SET', key, value, 'PX', expiry)
end

-- Appends a state's numbers to a reply that is `length` long; returns how long it is then. As integers, which are quick;
-- but ioredis and node-redis add up the digits of an integer in such a way that the last 48 below 2^53 are rounded, so
-- large ones are sent as text.
local function put(reply, length, cells)
  local n = #cells
  for i = 1, n do
    local cell = cells[i]
    reply[length + i] = cell < 4503599627370496 and cell or string.format('%.0f', cell)
  end
  return length + n
end
