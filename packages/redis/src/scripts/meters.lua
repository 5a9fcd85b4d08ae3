-- Decisions of one check each, all of buckets and of one time, as most are that come together. The same as calls.lua with
-- decide.lua and meter.lua, spelled out in the way of one-meter.lua. If one of them is rare, all of them go on there.
-- KEYS one for each question, in order. ARGV 1 the time in µs, or "" for the server's. Then eight for each run of questions
-- under one rule: how many keys it has; how often each is asked, one after the other; the cost; the rule's units, tick, num,
-- den and cap.
-- Result: -1; the time; and of each key the level if all was charged, else -1 and less, how many were allowed (-1 for none),
-- the tick of the level, and the level.

local MAX_INTEGER = 4503599627370496 -- 2^52, from which on some clients round: see put() in state.lua
local call, byte = redis.call, string.byte
local time = call('TIME')
local server = time[1] * 1000000 + time[2]
local now = tonumber(ARGV[1]) or server
local result, length, place = { -1, now }, 2, 0
-- By key, what is to be written, and the expiry, if that moves. Nothing is written before everything is known.
local states, expiries = {}, {}

-- Answers a run; false if it can't.
local function decide_run(n, times, cost, units, unit, num, cap)
  local tick, size, number = (now - now % unit) / unit, #units + 1, tonumber(units)
  local tick_low = tick % 4294967296
  local tick_high = (tick - tick_low) / 4294967296
  if now >= MAX_INTEGER or cap >= MAX_INTEGER then
    return false
  end
  for i = place + 1, place + n do
    local key = KEYS[i]
    local value = states[key] or call('GET', key)
    local ts, level = 0, 0
    if value then
      local is_own
      -- In short or in long, as state.lua keeps it.
      if #value == 12 then
        local first, low
        first, low, level = struct.unpack('>I4I4I4', value)
        local high = first % 1048576
        ts, is_own = high * 4294967296 + low, first - high == number
      elseif #value == size + 16 and byte(value, size) == 0 then
        local own
        own, ts, level = struct.unpack('<sdd', value)
        is_own = own == units
      end
      if not is_own or ts > tick or level > cap then
        return false
      end
    end
    local left, allowed = level - (tick - ts) * num, 0
    if left < 0 then
      left = 0
    end
    while allowed < times and left + cost <= cap do
      allowed, left = allowed + 1, left + cost
    end
    if allowed > 0 and cost > 0 then
      local empty, former = (tick + left / num) * unit, (ts + level / num) * unit
      if number and left < 4294967296 then
        states[key] = struct.pack('>I4I4I4', number + tick_high, tick_low, left)
      else
        states[key] = struct.pack('<sdd', units, tick, left)
      end
      if not value or ARGV[1] ~= '' or empty >= former - former % 60000000 + 60000000 then
        expiries[key] = math.min(empty - empty % 60000000 + 121000000, 9007199254740991)
      end
      ts, level = tick, left
    end
    if allowed < times or cost == 0 then
      result[length + 1], result[length + 2] = -1 - allowed, ts
      length = length + 2
    end
    length = length + 1
    result[length] = level
  end
  place = place + n
  return true
end

local function decide_runs()
  for r = 2, #ARGV, 8 do
    local n, times, cost = tonumber(ARGV[r]), tonumber(ARGV[r + 1]), ARGV[r + 2] * ARGV[r + 6]
    local unit, num, cap = tonumber(ARGV[r + 4]), tonumber(ARGV[r + 5]), tonumber(ARGV[r + 7])
    if not decide_run(n, times, cost, ARGV[r + 3], unit, num, cap) then
      return false
    end
  end
  return true
end

if decide_runs() then
  local since = math.min(now, server)
  for key, state in pairs(states) do
    if expiries[key] then
      call('SET', key, state, 'PX', math.ceil((expiries[key] - since) / 1000))
    else
      call('SET', key, state, 'KEEPTTL')
    end
  end
  return result
end

-- The same questions as decide.lua wants them. Calls know keys by the place where they first stand.
local input, first = { rules = {}, numbers = {} }, {}
place = 0
for r = 2, #ARGV, 8 do
  local rule = { algorithm = 'm', units = ARGV[r + 3] }
  rule.tick, rule.num = tonumber(ARGV[r + 4]), tonumber(ARGV[r + 5])
  rule.den, rule.cap = tonumber(ARGV[r + 6]), tonumber(ARGV[r + 7])
  table.insert(input.rules, rule)
  for _ = 1, tonumber(ARGV[r]) do
    place = place + 1
    local key = first[KEYS[place]] or place
    first[KEYS[place]] = key
    local times, cost = tonumber(ARGV[r + 1]), tonumber(ARGV[r + 2])
    for _, number in ipairs({ tonumber(ARGV[1]) or -1, 0, times, key, #input.rules, cost }) do
      table.insert(input.numbers, number)
    end
  end
end
