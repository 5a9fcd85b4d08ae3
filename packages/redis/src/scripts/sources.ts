// Written by scripts/embed.ts from the .lua files beside it.

export const adjust = `
while not is_done() do
  local now = call_time()
  for _ = 1, next_number() do
    local key, rule, change, told = next_number(), rules[next_number()], next_number(), next_number()
    local receipt = { next_number(), next_number() }
    local own = algorithms[rule.algorithm]
    ensure(key)
    local state = cells_in(rule, units[key], cells[key], now)
    if change > 0 then
      own.take(rule, state, now, change)
      set(key, rule, state, now)
    elseif change < 0 and own.used(rule, state, now) > 0 then
      if told == 1 then
        own.give_back(rule, state, now, -change, receipt)
      end
      set(key, rule, state, now)
    end
    tell_state(rule, state)
  end
end
return finish()
`

export const calls = `
local rules, numbers = input.rules, input.numbers
local place, count = 0, #numbers
local function next_number()
  place = place + 1
  return numbers[place]
end
local function is_done()
  return place == count
end
local result, length = { 0 }, 1
local function call_time()
  local given = next_number()
  if given >= 0 then
    return given
  end
  if result[1] == 0 then
    result[1] = clock()
  end
  return result[1]
end
local units, cells, rule_of, time_of = {}, {}, {}, {}
local function ensure(key)
  if units[key] == nil then
    local found
    found, cells[key] = read(KEYS[key])
    units[key] = found or false
  end
end
local function set(key, rule, changed, now)
  units[key], cells[key], rule_of[key], time_of[key] = rule.units, changed, rule, now
end
local function tell(number)
  length = length + 1
  result[length] = number
  return length
end
local function tell_state(rule, state)
  if rule.algorithm == 'l' then
    tell(#state)
  end
  length = put(result, length, state)
end
local function finish()
  for key, rule in pairs(rule_of) do
    write(KEYS[key], rule, cells[key], time_of[key])
  end
  return result
end
`

export const carry = `
local function base36(digits)
  local number = digits == '' and 1 or 0
  for digit in string.gmatch(digits, '%w') do
    number = number * 36 + tonumber(digit, 36)
  end
  return number
end
local function parse_number(units)
  if units >= SLIDING then
    local length = units % 16777216
    return { algorithm = 's', length = length * SECOND, tick = 10 ^ ((units - length - SLIDING) / 16777216) }
  end
  local code = units / HIGH - 2048
  local twos, threes, fives = code % 18 - 4, floor(code / 18) % 6 - 2, floor(code / 108)
  local den, num = 2 ^ max(0, twos) * 3 ^ max(0, threes) * 5 ^ fives, 2 ^ max(0, -twos) * 3 ^ max(0, -threes)
  return { algorithm = 'm', den = den, num = num, tick = 1 }
end
local function parse_units(units)
  if tonumber(units) then
    return parse_number(tonumber(units))
  end
  local algorithm, a, b, c = string.match(units, '^(%l)(%w*):?(%w*):?(%w*)$')
  if algorithm == 'm' then
    return { algorithm = 'm', den = base36(a), num = base36(b), tick = base36(c) }
  end
  return { algorithm = algorithm, length = base36(a), tick = base36(b) }
end
local function is_from_elsewhere(rule, units, cells, now)
  if not units or units == rule.units and not algorithms[rule.algorithm].is_astray(rule, cells, now) then
    return false
  end
  local written = parse_units(units)
  return algorithms[written.algorithm].used(written, cells, now) > 0
end
local function rescale(rule, written, cells, now)
  local cells_now = { cells[1], cells[2] }
  algorithms.m.take(written, cells_now, now, 0)
  local tick = ceil(cells_now[1] * written.tick / rule.tick)
  return { tick, muldiv(cells_now[2], rule.den, written.den) }
end
local function cells_in(rule, units, cells, now)
  local own = algorithms[rule.algorithm]
  if not units then
    return own.none()
  end
  if units == rule.units then
    return cells
  end
  local written = parse_units(units)
  if written.algorithm == 's' and rule.algorithm == 's' and written.length == rule.length then
    return { cells[1], cells[2], cells[3] }
  end
  if written.algorithm == 'm' and rule.algorithm == 'm' then
    return rescale(rule, written, cells, now)
  end
  local former = algorithms[written.algorithm]
  local latest = former.latest(written, cells)
  local time = latest > now and latest - now <= MAX_LEAD and latest or now
  return own.start(rule, time, min(former.used(written, cells, time), MAX_LEVEL))
end
`

export const decide = `
local function decide_equal(now)
  local times, key = numbers[place + 1], numbers[place + 2]
  local rule, cost = rules[numbers[place + 3]], numbers[place + 4]
  place = place + 4
  ensure(key)
  local own, state = algorithms[rule.algorithm], cells_in(rule, units[key], cells[key], now)
  local allowed, at = 0, tell(0)
  if times > 1 then
    tell_state(rule, state)
  end
  while allowed < times and own.fits(rule, state, now, cost) do
    allowed = allowed + 1
    if cost > 0 then
      own.take(rule, state, now, cost)
    end
  end
  if allowed > 0 and cost > 0 then
    set(key, rule, state, now)
  elseif cost > 0 and is_from_elsewhere(rule, units[key], cells[key], now) then
    own.take(rule, state, now, 0)
    set(key, rule, state, now)
  end
  result[at] = allowed
  tell_state(rule, state)
end
local function decide_all(size, now)
  local checks, allowed = {}, true
  for i = 1, size do
    local key, rule, cost, shadow = next_number(), rules[next_number()], next_number(), next_number()
    ensure(key)
    local state = cells_in(rule, units[key], cells[key], now)
    local fits = algorithms[rule.algorithm].fits(rule, state, now, cost)
    allowed = allowed and (fits or shadow == 1)
    checks[i] = { key = key, rule = rule, cost = cost, state = state, fits = fits }
  end
  for _, check in ipairs(checks) do
    local key, rule, state = check.key, check.rule, check.state
    local takes = allowed and check.fits
    if check.cost > 0 and (takes or is_from_elsewhere(rule, units[key], cells[key], now)) then
      algorithms[rule.algorithm].take(rule, state, now, takes and check.cost or 0)
      set(key, rule, state, now)
    end
    tell(check.fits and 1 or 0)
    tell_state(rule, state)
  end
end
while not is_done() do
  local now, size = call_time(), next_number()
  if size == 0 then
    decide_equal(now)
  else
    decide_all(size, now)
  end
end
return finish()
`

export const eviction = `
local memory = redis.call('INFO', 'memory')
return { string.match(memory, 'maxmemory:(%d+)'), string.match(memory, 'maxmemory_policy:([%w-]+)') }
`

export const forget = `
for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
end
`

export const input = `
local input = cjson.decode(ARGV[1])
`

export const meter = `
local function tick_at(units, ts, now)
  local tick = floor(now / units.tick)
  if ts > tick and ts - tick <= MAX_LEAD / units.tick then
    return ts
  end
  return tick
end
local function level_at(units, ts, level, tick)
  local drained = (tick - ts) * units.num
  if drained >= level then
    return 0
  end
  return drained > 0 and level - drained or level
end
algorithms.m = {
  numbers = { 'tick', 'num', 'den', 'cap' },
  none = function()
    return { 0, 0 }
  end,
  fits = function(rule, cells, now, cost)
    local level = level_at(rule, cells[1], cells[2], tick_at(rule, cells[1], now))
    return level + cost * rule.den <= rule.cap
  end,
  take = function(rule, cells, now, cost)
    local tick = tick_at(rule, cells[1], now)
    cells[2] = min(level_at(rule, cells[1], cells[2], tick) + cost * rule.den, MAX_LEVEL)
    cells[1] = tick
  end,
  is_astray = function(rule, cells, now)
    return cells[1] * rule.tick - now > MAX_LEAD
  end,
  empty_at = function(units, cells)
    return (cells[1] + ceil(cells[2] / units.num)) * units.tick
  end,
  give_back = function(rule, cells, now, units, receipt)
    local tick = tick_at(rule, cells[1], now)
    local level = level_at(rule, cells[1], cells[2], tick)
    local left = level_at(rule, receipt[1], receipt[2], tick)
    cells[1], cells[2] = tick, max(0, level - min(units * rule.den, left))
  end,
  latest = function(units, cells)
    return cells[1] * units.tick
  end,
  used = function(units, cells, now)
    return ceil(level_at(units, cells[1], cells[2], tick_at(units, cells[1], now)) / units.den)
  end,
  start = function(rule, now, used)
    return { floor(now / rule.tick), min(used * rule.den, MAX_LEVEL) }
  end,
}
`

export const meters = `
local MAX_INTEGER = 4503599627370496
local call, byte = redis.call, string.byte
local time = call('TIME')
local server = time[1] * 1000000 + time[2]
local now = tonumber(ARGV[1]) or server
local result, length, place = { -1, now }, 2, 0
local states, expiries = {}, {}
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
`

export const muldiv = `
local function muldiv(a, b, c)
  local rest = a % c
  local product = (a - rest) / c * b
  if product > MAX_LEVEL then
    return MAX_LEVEL
  end
  local quotient, remainder = 0, 0
  for i = 52, 0, -1 do
    quotient, remainder = quotient * 2, remainder * 2
    if remainder >= c then
      quotient, remainder = quotient + 1, remainder - c
    end
    if b >= 2 ^ i then
      b, remainder = b - 2 ^ i, remainder + rest
      if remainder >= c then
        quotient, remainder = quotient + 1, remainder - c
      end
    end
  end
  return min(product + quotient + (remainder > 0 and 1 or 0), MAX_LEVEL)
end
`

export const oneElsewhere = `
local elsewhere = is_from_elsewhere(rule, units, cells, now)
cells = cells_in(rule, units, cells, now)
local allowed = own.fits(rule, cells, now, cost)
if cost > 0 and (allowed or elsewhere) then
  own.take(rule, cells, now, allowed and cost or 0)
  write(KEYS[1], rule, cells, now)
end
return reply(allowed)
`

export const oneMeter = `
local call = redis.call
local value, time = call('GET', KEYS[1]), call('TIME')
local server = time[1] * 1000000 + time[2]
local now = tonumber(ARGV[7]) or server
local number, ts, level, is_own = tonumber(ARGV[2]), 0, 0, true
if value then
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
`

export const oneSlidingWindow = `
local call = redis.call
local value, time = call('GET', KEYS[1]), call('TIME')
local server = time[1] * 1000000 + time[2]
local now = tonumber(ARGV[6]) or server
local number, start, current, previous, is_own = tonumber(ARGV[2]), 0, 0, 0, true
if value then
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
  if start == first and current > 0 and not ARGV[6] then
    call('SET', KEYS[1], state, 'KEEPTTL')
  else
    local empty = first + 2 * length
    local expiry = math.min(empty - empty % 60000000 + 121000000, 9007199254740991)
    call('SET', KEYS[1], state, 'PX', math.ceil((expiry - math.min(now, server)) / 1000))
  end
  return '1 ' .. time[1] .. ' ' .. time[2] .. ' ' .. before .. ' ' .. after
end
`

export const oneWindow = `
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
  if is_same and count > 0 and not ARGV[8] then
    call('SET', KEYS[1], state, 'KEEPTTL')
  else
    local expiry = math.min(last - last % 60000000 + 121000000, 9007199254740991)
    call('SET', KEYS[1], state, 'PX', math.ceil((expiry - math.min(now, server)) / 1000))
  end
  return '1 ' .. time[1] .. ' ' .. time[2] .. ' ' .. after
end
`

export const one = `
local rule = { units = ARGV[2], algorithm = letter_of(ARGV[2]) }
local own = algorithms[rule.algorithm]
for i, name in ipairs(own.numbers) do
  rule[name] = tonumber(ARGV[2 + i])
end
local cost, now = tonumber(ARGV[1]), tonumber(ARGV[3 + #own.numbers]) or clock()
local units, cells = read(KEYS[1])
local function reply(allowed)
  local result = { allowed and 1 or 0, now }
  put(result, 2, cells)
  return result
end
if not units or units == rule.units and not own.is_astray(rule, cells, now) then
  cells = cells or own.none()
  local allowed = own.fits(rule, cells, now, cost)
  if allowed and cost > 0 then
    own.take(rule, cells, now, cost)
    write(KEYS[1], rule, cells, now)
  end
  return reply(allowed)
end
`

export const slidingLog = `
local function log_time(cells, now)
  local newest = cells[#cells - 1] or 0
  return newest > now and newest - now <= MAX_LEAD and newest or now
end
local function first_live(units, cells, time)
  local i = 1
  while i < #cells and cells[i] <= time - units.length do
    i = i + 2
  end
  return i
end
local function log_used(units, cells, time)
  local sum = 0
  for i = first_live(units, cells, time), #cells, 2 do
    sum = sum + cells[i + 1]
  end
  return sum
end
local function append(cells, time, cost)
  local n = #cells
  if n > 0 and cells[n - 1] == time then
    cells[n] = min(cells[n] + cost, MAX_LEVEL)
  elseif cost > 0 then
    cells[n + 1], cells[n + 2] = time, cost
  end
end
local function settle(units, cells, time)
  local n, first = #cells, first_live(units, cells, time)
  if first > 1 then
    for i = 1, n do
      cells[i] = cells[i + first - 1]
    end
  end
  local ahead = 0
  while #cells > 0 and cells[#cells - 1] > time do
    ahead = min(ahead + table.remove(cells), MAX_LEVEL)
    table.remove(cells)
  end
  if ahead > 0 then
    append(cells, time, ahead)
  end
end
algorithms.l = {
  numbers = { 'limit', 'length' },
  none = function()
    return {}
  end,
  fits = function(rule, cells, now, cost)
    return log_used(rule, cells, log_time(cells, now)) + cost <= rule.limit
  end,
  take = function(rule, cells, now, cost)
    local time = log_time(cells, now)
    settle(rule, cells, time)
    append(cells, time, cost)
  end,
  is_astray = function(_, cells, now)
    return (cells[#cells - 1] or 0) - now > MAX_LEAD
  end,
  empty_at = function(units, cells)
    return #cells > 0 and cells[#cells - 1] + units.length or 0
  end,
  give_back = function(rule, cells, now, units, receipt)
    settle(rule, cells, log_time(cells, now))
    for i = 1, #cells, 2 do
      if cells[i] == receipt[1] then
        if cells[i + 1] > units then
          cells[i + 1] = cells[i + 1] - units
        else
          table.remove(cells, i)
          table.remove(cells, i)
        end
        break
      end
    end
  end,
  latest = function(_, cells)
    return cells[#cells - 1] or 0
  end,
  used = function(units, cells, now)
    return log_used(units, cells, log_time(cells, now))
  end,
  start = function(_, now, used)
    return used > 0 and { now, used } or {}
  end,
}
`

export const slidingWindow = `
local function counts_at(units, cells, now)
  local start = cells[1]
  if start > now and start - now <= MAX_LEAD then
    now = start
  end
  local since = start > now and 0 or (now - now % units.length - start) / units.length
  if since == 0 then
    return now, cells[2], cells[3]
  end
  return now, 0, since == 1 and cells[2] or 0
end
local function overlap_at(units, time)
  return units.length / units.tick - floor(time % units.length / units.tick)
end
algorithms.s = {
  numbers = { 'limit', 'length', 'tick' },
  none = function()
    return { 0, 0, 0 }
  end,
  fits = function(rule, cells, now, cost)
    local time, current, previous = counts_at(rule, cells, now)
    local ticks = rule.length / rule.tick
    return previous * overlap_at(rule, time) + (current + cost) * ticks <= rule.limit * ticks
  end,
  take = function(rule, cells, now, cost)
    local time, current, previous = counts_at(rule, cells, now)
    cells[1] = time - time % rule.length
    cells[2] = min(current + cost, MAX_LEVEL)
    cells[3] = previous
  end,
  is_astray = function(_, cells, now)
    return cells[1] - now > MAX_LEAD
  end,
  empty_at = function(units, cells)
    if cells[2] > 0 then
      return cells[1] + 2 * units.length
    end
    return cells[3] > 0 and cells[1] + units.length or cells[1]
  end,
  give_back = function(rule, cells, now, units, receipt)
    algorithms.s.take(rule, cells, now, 0)
    local since = (cells[1] - receipt[1]) / rule.length
    if since == 0 then
      cells[2] = max(0, cells[2] - units)
    elseif since == 1 then
      cells[3] = max(0, cells[3] - units)
    end
  end,
  latest = function(_, cells)
    return cells[1]
  end,
  used = function(units, cells, now)
    local time, current, previous = counts_at(units, cells, now)
    return ceil(previous * overlap_at(units, time) / (units.length / units.tick)) + current
  end,
  start = function(rule, now, used)
    return { now - now % rule.length, used, 0 }
  end,
}
`

export const state = `
local MAX_LEAD = 60000000
local MAX_LEVEL = 9007199254740991
local call, ceil, floor, max, min = redis.call, math.ceil, math.floor, math.max, math.min
local algorithms = {}
local WORD, HALF, HIGH, SECOND = 4294967296, 65536, 1048576, 1000000
local WINDOW, SLIDING = 4026531840, 4043309056
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
local server_time
local function clock()
  if not server_time then
    local time = call('TIME')
    server_time = time[1] * 1000000 + time[2]
  end
  return server_time
end
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
local function put(reply, length, cells)
  local n = #cells
  for i = 1, n do
    local cell = cells[i]
    reply[length + i] = cell < 4503599627370496 and cell or string.format('%.0f', cell)
  end
  return length + n
end
`

export const window = `
local function bounds_at(rule, time)
  if rule.length > 0 then
    local start = time - time % rule.length
    return start, start + rule.length
  end
  if time < rule.first_end then
    return rule.first_start, rule.first_end
  end
  return rule.first_end, rule.second_end
end
local function window_time(cells, now)
  local start = cells[1]
  return start > now and start - now <= MAX_LEAD and start or now
end
local function count_at(rule, cells, time)
  local first, last = bounds_at(rule, time)
  if cells[1] == first and cells[2] == last or cells[2] > time then
    return cells[3]
  end
  return 0
end
algorithms.w = {
  numbers = { 'limit', 'length', 'first_start', 'first_end', 'second_end' },
  none = function()
    return { 0, 0, 0 }
  end,
  fits = function(rule, cells, now, cost)
    return count_at(rule, cells, window_time(cells, now)) + cost <= rule.limit
  end,
  take = function(rule, cells, now, cost)
    local time = window_time(cells, now)
    local count = count_at(rule, cells, time)
    cells[1], cells[2] = bounds_at(rule, time)
    cells[3] = min(count + cost, MAX_LEVEL)
  end,
  is_astray = function(rule, cells, now)
    local time = window_time(cells, now)
    local first, last = bounds_at(rule, time)
    return cells[2] > time and (cells[1] ~= first or cells[2] ~= last)
  end,
  empty_at = function(_, cells)
    return cells[3] > 0 and cells[2] or cells[1]
  end,
  give_back = function(rule, cells, now, units, receipt)
    local time = window_time(cells, now)
    if cells[1] == receipt[1] and cells[2] == receipt[2] and cells[2] > time then
      cells[3] = max(0, count_at(rule, cells, time) - units)
    end
  end,
  latest = function(_, cells)
    return cells[1]
  end,
  used = function(_, cells, now)
    return cells[2] > window_time(cells, now) and cells[3] or 0
  end,
  start = function(rule, now, used)
    local first, last = bounds_at(rule, now)
    return { first, last, used }
  end,
}
`
