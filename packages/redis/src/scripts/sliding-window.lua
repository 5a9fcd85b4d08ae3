-- Two counters: the previous window counts by its overlap with the sliding one.
-- Defines algorithms.s. Cells: start of the window (µs), the current count, the previous one. Units: length (µs), and the
-- tick (µs) in which the overlap is measured.

-- The time that counts, and the current and the previous count at it.
local function counts_at(units, cells, now)
  local start = cells[1]
  if start > now and start - now <= MAX_LEAD then
    now = start
  end
  -- How many windows have begun since; a stored one that is far ahead counts as this one.
  local since = start > now and 0 or (now - now % units.length - start) / units.length
  if since == 0 then
    return now, cells[2], cells[3]
  end
  return now, 0, since == 1 and cells[2] or 0
end

-- Ticks of the previous window that still overlap the sliding one.
local function overlap_at(units, time)
  return units.length / units.tick - floor(time % units.length / units.tick)
end

algorithms.s = {
  -- The rule's numbers, in the order in which one.lua is given them.
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
