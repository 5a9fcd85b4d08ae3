-- Token bucket and leaky bucket: a level that drains `num` a tick, and must not pass `cap`. A unit of cost is `den`.
-- Defines algorithms.m. Cells: the tick of the last charge, and the level then. Units: den, num, tick (µs).

-- The tick that counts: the clock's, or the stored one when that is ahead, but not by so much that the clock was set back.
local function tick_at(units, ts, now)
  local tick = floor(now / units.tick)
  if ts > tick and ts - tick <= MAX_LEAD / units.tick then
    return ts
  end
  return tick
end

-- What is left of a level at a tick. (A product past 2^53 is rounded to no less than 2^53, which is more than any level.)
local function level_at(units, ts, level, tick)
  local drained = (tick - ts) * units.num
  if drained >= level then
    return 0
  end
  return drained > 0 and level - drained or level
end

algorithms.m = {
  -- The rule's numbers, in the order in which one.lua is given them.
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

  -- First in, first out: the receipt's level says when the last unit of the charge has drained, so what is left of it now
  -- is known however much was taken since.
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
