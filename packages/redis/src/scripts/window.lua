-- Fixed windows and calendar quotas: a count that starts anew with each window.
-- Defines algorithms.w. Cells: start and end of the window (µs), and the count. A state tells its own window, so any window
-- rule can read it, and its units say no more than "w".

-- The bounds of the window at a time: aligned to the epoch, or this or the next one of a calendar.
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

-- The window never goes back, unless it is so far ahead that the clock was set back.
local function window_time(cells, now)
  local start = cells[1]
  return start > now and start - now <= MAX_LEAD and start or now
end

-- What counts at a time: the count of the same window, or of one that a former configuration drew and that isn't over.
local function count_at(rule, cells, time)
  local first, last = bounds_at(rule, time)
  if cells[1] == first and cells[2] == last or cells[2] > time then
    return cells[3]
  end
  return 0
end

algorithms.w = {
  -- The rule's numbers, in the order in which one.lua is given them.
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
