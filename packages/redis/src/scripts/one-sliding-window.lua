-- One check of a sliding window, whose state is absent or in the rule's own units. The same as one.lua with
-- sliding-window.lua, spelled out for the same reason as one-meter.lua. What is rare goes on there.
-- KEYS and ARGV as in one.lua; the rule's numbers are limit, length and tick.
-- Result: text: 1 if it is allowed, else 0; the server's seconds and microseconds; the previous count and the current one;
-- and the start of their window, unless that is now's.

local call = redis.call
local value, time = call('GET', KEYS[1]), call('TIME')
local server = time[1] * 1000000 + time[2]
local now = tonumber(ARGV[6]) or server
local number, start, current, previous, is_own = tonumber(ARGV[2]), 0, 0, 0, true
if value then
  -- In short or in long, as state.lua keeps it.
  local size = #ARGV[2] + 1
  if #value == 12 then
    local first, counts
    first, start, counts = struct.unpack('>I4I4I4', value)
    previous = counts % 65536
    start, current, is_own = start * 1000000, (counts - previous) / 65536, first == number
  elseif #value == size + 24 and string.byte(value, size) == 0 then
    local units
    units, start, current, previous = struct.unpack('<sddd', value)
    is_own = units == ARGV[2]
  else
    is_own = false
  end
end
local limit, length, tick = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local first = now - now % length

-- Not from elsewhere, by a clock that doesn't lag, and with counts that are exact as text of 14 digits.
if is_own and start <= now and current <= limit and previous <= limit and limit < 100000000000000 then
  local after, before = current + ARGV[1], previous
  if start ~= first then
    after, before = 0 + ARGV[1], start + length == first and current or 0
  end
  local ticks, over = length / tick, now % length
  local fits = before * (ticks - (over - over % tick) / tick) + after * ticks <= limit * ticks
  if not fits or ARGV[1] == '0' then
    local counts = ' ' .. previous .. ' ' .. current .. string.format(' %.0f', start)
    return (fits and '1 ' or '0 ') .. time[1] .. ' ' .. time[2] .. counts
  end
  local state
  if number and after < 65536 and before < 65536 and first < 4294967296000000 then
    state = struct.pack('>I4I4I4', number, first / 1000000, after * 65536 + before)
  else
    state = struct.pack('<sddd', ARGV[2], first, after, before)
  end
  -- All states of a window expire at once: see write() in state.lua.
  if start == first and current > 0 and not ARGV[6] then
    call('SET', KEYS[1], state, 'KEEPTTL')
  else
    local empty = first + 2 * length
    local expiry = math.min(empty - empty % 60000000 + 121000000, 9007199254740991)
    call('SET', KEYS[1], state, 'PX', math.ceil((expiry - math.min(now, server)) / 1000))
  end
  return '1 ' .. time[1] .. ' ' .. time[2] .. ' ' .. before .. ' ' .. after
end
