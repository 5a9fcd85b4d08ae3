-- How a state is kept: one string, its units, a zero byte and its numbers, which expires when it equals none.
-- Defines MAX_LEAD, MAX_LEVEL, read, write, clock, put, short names, and `algorithms`, which the algorithms' files fill.
--
-- Everything is a whole number below 2^53, which Lua's doubles hold exactly. Where they are small enough, as most are, numbers
-- are kept in short: see SHORT. Else each is kept as a double; those of a log, which are many, as MessagePack.

local MAX_LEAD = 60000000 -- how far ahead of the clock a stored time may be, in µs
local MAX_LEVEL = 9007199254740991 -- 2^53 - 1
local call, ceil, floor, max, min = redis.call, math.ceil, math.floor, math.max, math.min
local algorithms = {} -- by the first letter of their units

-- By the letter, how numbers are kept in short: first so many times, each in 4 bytes and 3 for what is above 2^32, since in some
-- builds an integer has no more than 32 bits; then counts or a level, below `limit`.
local HIGH = 4294967296
local SHORT = {
  m = { format = '<I4I3I4', times = 1, limit = HIGH },
  w = { format = '<I4I3I4I3I4', times = 2, limit = HIGH },
  s = { format = '<I4I3I2I2', times = 1, limit = 65536 },
}

-- Numbers in short; nothing if one is too large for it, or below 0, as the start of a calendar's first window may be.
local function pack_short(letter, cells)
  local short, parts = SHORT[letter], {}
  for i, cell in ipairs(cells) do
    if cell < 0 then
      return
    elseif i <= short.times then
      table.insert(parts, cell % HIGH)
      table.insert(parts, floor(cell / HIGH))
    elseif cell < short.limit then
      table.insert(parts, cell)
    else
      return
    end
  end
  return struct.pack(short.format, unpack(parts))
end

local function unpack_short(letter, value, place)
  local short, cells = SHORT[letter], {}
  local parts = { struct.unpack(short.format, value, place) }
  for i = 1, short.times do
    cells[i] = parts[2 * i - 1] + parts[2 * i] * HIGH
  end
  -- Behind the last stands where it ends.
  for i = 2 * short.times + 1, #parts - 1 do
    table.insert(cells, parts[i])
  end
  return cells
end

-- The units and the numbers under a key; nothing if there are none.
local function read(key)
  local value = call('GET', key)
  if not value then
    return
  end
  local units, place = struct.unpack('s', value)
  local letter, size = string.sub(units, 1, 1), #value - place + 1
  if letter == 'l' then
    return units, cmsgpack.unpack(string.sub(value, place))
  elseif size == 16 then
    local a, b = struct.unpack('<dd', value, place)
    return units, { a, b }
  elseif size == 24 then
    local a, b, c = struct.unpack('<ddd', value, place)
    return units, { a, b, c }
  end
  return units, unpack_short(letter, value, place)
end

-- The numbers as they are kept.
local function pack(rule, cells)
  if rule.algorithm == 'l' then
    return cmsgpack.pack(cells)
  end
  return pack_short(rule.algorithm, cells) or struct.pack(cells[3] and '<ddd' or '<dd', unpack(cells))
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
  local value = struct.pack('s', rule.units) .. pack(rule, cells)
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
