-- Several calls at once, each of several checks. Every state is read once and written once, however many ask for it.
-- KEYS the states'. `input` holds the rules, and the numbers of the calls, which decide.lua and adjust.lua explain.
-- Result: the server's time, or 0 if nobody asked for it; then what was told, in order.
-- Defines rules, numbers, place, next_number, is_done, call_time, ensure, units, cells, set, result, tell,
-- tell_state and finish.

local rules, numbers = input.rules, input.numbers
local place, count = 0, #numbers

local function next_number()
  place = place + 1
  return numbers[place]
end

local function is_done()
  return place == count
end

-- What is answered, and how long that is.
local result, length = { 0 }, 1

-- The time of a call: the given one, or where that is -1 the server's, which is the same for the whole batch.
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

-- The states, by the numbers of their keys: units (false if there is none) and numbers; and for those that were changed, by
-- which rule and when.
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

-- Adds a number to the result; returns its place there.
local function tell(number)
  length = length + 1
  result[length] = number
  return length
end

-- Adds a state's numbers. How many a log has is not known from its rule, so that is told before.
local function tell_state(rule, state)
  if rule.algorithm == 'l' then
    tell(#state)
  end
  length = put(result, length, state)
end

-- Writes what was set. The first write fails if any does (out of memory, a replica), so it is all or nothing.
local function finish()
  for key, rule in pairs(rule_of) do
    write(KEYS[key], rule, cells[key], time_of[key])
  end
  return result
end
