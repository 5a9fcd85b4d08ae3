-- Exact: at most `limit` in any window.
-- Defines algorithms.l. Cells: a time (µs) and a cost for each charge, oldest first; charges of the same microsecond share
-- an entry. Units: length (µs).

-- The time that counts, never behind the newest entry; where that is far ahead, the clock was set back.
local function log_time(cells, now)
  local newest = cells[#cells - 1] or 0
  return newest > now and newest - now <= MAX_LEAD and newest or now
end

-- The index of the oldest entry that still counts at a time.
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

-- Drops what is over, and pulls times that lie ahead (the clock was set back) to `time`, as one entry.
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
  -- The rule's numbers, in the order in which one.lua is given them.
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
