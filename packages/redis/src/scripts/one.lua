-- One check of a state that is absent or in the rule's own units. What is rare stands behind it, so that nothing of that is
-- even defined; what it can't answer goes on there.
-- KEYS 1 the state's. ARGV 1 the cost; 2 the rule's units; 3… its numbers; after them the time in µs, or nothing for the
-- server's.
-- Result: 1 if it is allowed, else 0; the time; and the state's numbers.

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
