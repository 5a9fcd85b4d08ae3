-- Decisions, one call after the other: every check of a call that is no shadow takes, or none of the call does.
-- The numbers of a call: its time; how many checks; of each check: its key, its rule, its cost, and 1 if it is a shadow.
-- Its answer, for each check: 1 if it is allowed by itself, else 0; and its state's numbers.
--
-- Equal calls of one check are told once. Their numbers: the time; 0; how many there are; the key, the rule, the cost.
-- Their answer: how many are allowed, which are the first; the state's numbers before, if there are several; and after.

-- Whether it is a shadow doesn't matter to a check of its own: it takes where it fits.
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
