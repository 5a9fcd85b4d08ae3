-- How a state is kept: one string, the MessagePack of its units and its numbers, which expires when it equals none.
-- Defines MAX_LEAD, MAX_LEVEL, read, write, clock, put, short names, and `algorithms`, which the algorithms' files fill.
--
-- Everything is a whole number below 2^53, which Lua's doubles hold exactly, and MessagePack as integers.

local MAX_LEAD = 60000000 -- how far ahead of the clock a stored time may be, in µs
local MAX_LEVEL = 9007199254740991 -- 2^53 - 1
local call, ceil, floor, max, min = redis.call, math.ceil, math.floor, math.max, math.min
local algorithms = {} -- by the first letter of their units

-- The units and the numbers under a key; nothing if there are none. The numbers of a log, which may be many, are in a table.
local function read(key)
  local value = call('GET', key)
  if value then
    local units, a, b, c = cmsgpack.unpack(value)
    return units, type(a) == 'table' and a or { a, b, c }
  end
end

-- State and expiry in one operation. The expiry counts from the call's own `now`, so it is right whatever that is. As text
-- it is made once for all states of a batch that last as long, as most do.
local last_ms, expiry

local function write(key, rule, cells, now)
  local value
  if rule.algorithm == 'l' then
    value = cmsgpack.pack(rule.units, cells)
  else
    value = cmsgpack.pack(rule.units, unpack(cells))
  end
  local empty_at = algorithms[rule.algorithm].empty_at(rule, cells)
  local ms = ceil((min(empty_at + MAX_LEAD, MAX_LEVEL) - now) / 1000)
  if ms ~= last_ms then
    last_ms, expiry = ms, string.format('%.0f', max(ms, 1))
  end
  call('SET', key, value, 'PX', expiry)
end

-- The server's clock, in µs since 1970.
local function clock()
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
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
