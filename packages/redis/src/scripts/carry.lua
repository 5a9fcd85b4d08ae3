-- A state that was written under another configuration, or by a clock that has since been set back.
-- Defines is_from_elsewhere and cells_in, which do what core's functions of these names do.

-- A part of units; what is left out is 1. Lua's own reading of base 36 ends at 2^32 on some machines.
local function base36(digits)
  local number = digits == '' and 1 or 0
  for digit in string.gmatch(digits, '%w') do
    number = number * 36 + tonumber(digit, 36)
  end
  return number
end

-- What the number in a short state stands for.
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

-- A number, or "m", "s" or "l", then their parts, as src/rules.ts writes them; "w" has none.
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

-- Whether a state counts, and lies where this rule by this clock would not have put it. Then also a denial writes it anew:
-- else it would go on by its old rate, or wait for its old time, and be denied when it was told to come.
local function is_from_elsewhere(rule, units, cells, now)
  if not units or units == rule.units and not algorithms[rule.algorithm].is_astray(rule, cells, now) then
    return false
  end
  local written = parse_units(units)
  return algorithms[written.algorithm].used(written, cells, now) > 0
end

-- From meter to meter fractions of a unit are kept, as of the end of the tick in which the other's level counts. (As of its
-- start, what drains within a coarse tick could be had twice.)
local function rescale(rule, written, cells, now)
  local cells_now = { cells[1], cells[2] }
  algorithms.m.take(written, cells_now, now, 0)
  local tick = ceil(cells_now[1] * written.tick / rule.tick)
  return { tick, muldiv(cells_now[2], rule.den, written.den) }
end

-- The numbers of a state in the units of `rule`, as a table that may be written to. What another algorithm or another
-- configuration used counts from now on, rounded up to units.
local function cells_in(rule, units, cells, now)
  local own = algorithms[rule.algorithm]
  if not units then
    return own.none()
  end
  if units == rule.units then
    return cells
  end
  local written = parse_units(units)
  -- The tick of a sliding window is not in its state.
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
