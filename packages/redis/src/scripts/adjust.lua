-- Changes that no limit can refuse.
-- The numbers of a call: its time, how many changes; of each: its key, its rule, the units (below 0: given back), 1 if a
-- receipt follows, and the receipt's two numbers, which tell when the charge was made that is given back.
-- Its answer, for each change: the state's numbers.

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
