-- One check of a fixed window or a quota, whose state is absent, of the same window, or of one that is over. The same as
-- one.lua with window.lua, spelled out for the same reason as one-meter.lua. What is rare goes on there.
-- KEYS and ARGV as in one.lua; the rule's numbers are limit, length, first_start, first_end and second_end.
-- Result: text: 1 if it is allowed, else 0; the server's seconds and microseconds; the count; and the start and the end of
-- its window, unless that is now's.

local call = redis.call
local value, time = call('GET', KEYS[1]), call('TIME')
local server = time[1] * 1000000 + time[2]
local now, length, first, last = tonumber(ARGV[8]) or server, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if length > 0 then
  first = now - now % length
  last = first + length
elseif now >= last then
  first, last = last, tonumber(ARGV[7])
end
local is_own, from, to, count = true, 0, 0, 0
if value then
  -- In short or in long, as state.lua keeps it.
  is_own = false
  if #value == 12 then
    local head
    head, from, count = struct.unpack('>I4I4I4', value)
    from, is_own = from * 1000000, head >= 4026531840 and head < 4043309056
    to = from + (head - 4026531840) * 1000000
  elseif #value == 26 and string.byte(value, 2) == 0 then
    local units
    units, from, to, count = struct.unpack('<sddd', value)
    is_own = units == 'w'
  end
end
local limit, is_same = tonumber(ARGV[3]), from == first and to == last

if is_own and (is_same or to <= now) and limit < 100000000000000 and count <= limit then
  local after = (is_same and count or 0) + ARGV[1]
  if after > limit or ARGV[1] == '0' then
    local allowed = after > limit and '0 ' or '1 '
    return allowed .. time[1] .. ' ' .. time[2] .. ' ' .. count .. string.format(' %.0f %.0f', from, to)
  end
  local state
  local seconds, span = first / 1000000, (last - first) / 1000000
  local is_whole = seconds >= 0 and seconds % 1 == 0 and span % 1 == 0
  if is_whole and seconds < 4294967296 and span < 16777216 and after < 4294967296 then
    state = struct.pack('>I4I4I4', 4026531840 + span, seconds, after)
  else
    state = struct.pack('<sddd', 'w', first, last, after)
  end
  -- All states of a window expire at once: see write() in state.lua.
  if is_same and count > 0 and not ARGV[8] then
    call('SET', KEYS[1], state, 'KEEPTTL')
  else
    local expiry = math.min(last - last % 60000000 + 121000000, 9007199254740991)
    call('SET', KEYS[1], state, 'PX', math.ceil((expiry - math.min(now, server)) / 1000))
  end
  return '1 ' .. time[1] .. ' ' .. time[2] .. ' ' .. after
end
