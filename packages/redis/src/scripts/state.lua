-- How a state is kept: one string, which expires when it equals none.
-- Defines MAX_LEAD, MAX_LEVEL, HIGH, SECOND, SLIDING, letter_of, read, write, clock, put, short names, and `algorithms`, which the
-- algorithms' files fill.
--
-- Everything is a whole number below 2^53, which Lua's doubles hold exactly. A state of usual limits is short: three words of
-- 32 bits, the highest first, since in some builds an integer has no more. Else it is the units, a zero byte, and each number
-- as a double; those of a log, which are many, as MessagePack. Units are text that begins with a letter, or the decimal digits of
-- the number that stands for them in a short state (src/rules.ts). That is 2^31 or more, and no text begins with such a byte.

local MAX_LEAD = 60000000 -- how far ahead of the clock a stored time may be, in µs
local MAX_LEVEL = 9007199254740991 -- 2^53 - 1
local call, ceil, floor, max, min = redis.call, math.ceil, math.floor, math.max, math.min
local algorithms = {} -- by the first letter of their units

-- The first word of a short state begins with the number of its units. A meter's goes on with the higher 20 bits of its tick; the
-- other words are the lower 32, and the level. A window's goes on with its length, a sliding window's has that in its
-- units, both in seconds; then the start in seconds, and the count, or the current and the previous one in 16 bits each.
local WORD, HALF, HIGH, SECOND = 4294967296, 65536, 1048576, 1000000
local WINDOW, SLIDING = 4026531840, 4043309056 -- 0xF0 and 0xF1, and 24 bits

local function letter_of(units)
  local number = tonumber(units)
  if not number then
    return string.sub(units, 1, 1)
  end
  return number < SLIDING and 'm' or 's'
end

local function is_word(number)
  return number >= 0 and number < WORD and number % 1 == 0
end

-- A state in short; nothing if a number is too large for it, or not a whole second, or below 0, as the start of a calendar's
-- first window may be.
local shorten = {
  m = function(units, tick, level)
    local low, first = tick % WORD, tonumber(units)
    if first and tick < HIGH * WORD and is_word(level) then
      return first + (tick - low) / WORD, low, level
    end
  end,
  w = function(_, start, ends, count)
    local from, length = start / SECOND, (ends - start) / SECOND
    if is_word(from) and is_word(length) and WINDOW + length < SLIDING and is_word(count) then
      return WINDOW + length, from, count
    end
  end,
  s = function(units, start, current, previous)
    local from, first = start / SECOND, tonumber(units)
    if first and is_word(from) and current < HALF and previous < HALF then
      return first, from, current * HALF + previous
    end
  end,
}

local function read_short(value)
  local first, second, third = struct.unpack('>I4I4I4', value)
  if first >= SLIDING then
    return string.format('%.0f', first), { second * SECOND, floor(third / HALF), third % HALF }
  elseif first >= WINDOW then
    local start = second * SECOND
    return 'w', { start, start + (first - WINDOW) * SECOND, third }
  end
  local high = first % HIGH
  return string.format('%.0f', first - high), { high * WORD + second, third }
end

-- The units and the numbers under a key; nothing if there are none.
local function read(key)
  local value = call('GET', key)
  if not value then
    return
  elseif string.byte(value) >= 128 then
    return read_short(value)
  end
  local units, place = struct.unpack('s', value)
  if letter_of(units) == 'l' then
    return units, cmsgpack.unpack(string.sub(value, place))
  elseif #value - place == 15 then
    local a, b = struct.unpack('<dd', value, place)
    return units, { a, b }
  end
  local a, b, c = struct.unpack('<ddd', value, place)
  return units, { a, b, c }
end

-- A state as it is kept.
local function pack(rule, cells)
  local units = rule.units
  if rule.algorithm == 'l' then
    return struct.pack('s', units) .. cmsgpack.pack(cells)
  end
  local first, second, third = shorten[rule.algorithm](units, unpack(cells))
  if first then
    return struct.pack('>I4I4I4', first, second, third)
  end
  return struct.pack(cells[3] and '<sddd' or '<sdd', units, unpack(cells))
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
  local value = pack(rule, cells)
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
