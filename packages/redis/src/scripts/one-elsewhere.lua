-- One check of a state that is not in the rule's own units, or astray. Goes on from one.lua.

local elsewhere = is_from_elsewhere(rule, units, cells, now)
cells = cells_in(rule, units, cells, now)
local allowed = own.fits(rule, cells, now, cost)
if cost > 0 and (allowed or elsewhere) then
  own.take(rule, cells, now, allowed and cost or 0)
  write(KEYS[1], rule, cells, now)
end
return reply(allowed)
