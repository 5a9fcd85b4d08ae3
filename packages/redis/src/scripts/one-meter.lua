-- The commonest decision by far: one check of a bucket, absent or in the rule's own units. The same as one.lua with
-- meter.lua, spelled out, for defining functions and tables takes longer than all of this. What is rare goes on there.
-- KEYS and ARGV as in one.lua; the rule's numbers are tick, num, den and cap.
-- Result: text, which is quicker than a table: 1 if it is allowed, else 0; the server's seconds and microseconds; the level;
-- and the tick of that, unless it is now's.

local call = redis.call
local value, time = call('GET', KEYS[1]), call('TIME')
local server = time[1] * 1000000 + time[2]
local now = tonumber(ARGV[7]) or server
local number, ts, level, is_own = tonumber(ARGV[2]), 0, 0, true
if value then
  -- In short or in long, as state.lua keeps it.
  local size = #ARGV[2] + 1
  if #value == 12 then
    local first, low
    first, low, level = struct.unpack('>I4I4I4', value)
    local high = first % 1048576
    ts, is_own = high * 4294967296 + low, first - high == number
  elseif #value == size + 16 and string.byte(value, size) == 0 then
    local units
    units, ts, level = struct.unpack('<sdd', value)
    is_own = units == ARGV[2]
  else
    is_own = false
  end
end
local unit, num, cost, cap = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[1] * ARGV[5], tonumber(ARGV[6])
local tick = (now - now % unit) / unit

-- Not from elsewhere, by a clock that doesn't lag, and so low that a level is exact as text of 14 digits.
if is_own and ts <= tick and level <= cap and cap < 100000000000000 then
  local left = level - (tick - ts) * num
  if left < 0 then
    left = 0
  end
  local after = left + cost
  if after > cap or cost == 0 then
    local allowed = after > cap and '0 ' or '1 '
    return allowed .. time[1] .. ' ' .. time[2] .. ' ' .. level .. ' ' .. string.format('%.0f', ts)
  end
  -- The expiry stays where it is if write() in state.lua would put it there: a third of the time is saved by that.
  local empty, former = (tick + after / num) * unit, (ts + level / num) * unit
  local low, state = tick % 4294967296, nil
  if number and after < 4294967296 and tick < 4503599627370496 then
    state = struct.pack('>I4I4I4', number + (tick - low) / 4294967296, low, after)
  else
    state = struct.pack('<sdd', ARGV[2], tick, after)
  end
  if value and not ARGV[7] and empty < former - former % 60000000 + 60000000 then
    call('SET', KEYS[1], state, 'KEEPTTL')
  else
    local expiry = math.min(empty - empty % 60000000 + 121000000, 9007199254740991)
    call('SET', KEYS[1], state, 'PX', math.ceil((expiry - math.min(now, server)) / 1000))
  end
  return '1 ' .. time[1] .. ' ' .. time[2] .. ' ' .. after
end
