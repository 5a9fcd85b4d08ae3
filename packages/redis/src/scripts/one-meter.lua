-- The commonest decision by far: one check of a bucket, absent or in the rule's own units. The same as one.lua with
-- meter.lua, spelled out, for defining functions and tables takes longer than all of this. What is rare goes on there.
-- KEYS, ARGV and result as in one.lua; the rule's numbers are tick, num, den and cap.

local value, now = redis.call('GET', KEYS[1]), tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local units, ts, level = ARGV[3], 0, 0
if value then
  units, ts, level = cmsgpack.unpack(value)
end
local unit, num, cost, cap = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[1] * ARGV[6], tonumber(ARGV[7])

-- Not from elsewhere, and so low that the reply's integers and the new level are safe.
if units == ARGV[3] and ts * unit - now <= 60000000 and level <= cap then
  local tick = math.max(math.floor(now / unit), ts)
  local left = math.max(level - (tick - ts) * num, 0)
  if left + cost > cap then
    return { 0, now, ts, level }
  end
  if cost == 0 then
    return { 1, now, ts, level }
  end
  local empty_at = (tick + math.ceil((left + cost) / num)) * unit
  redis.call('SET', KEYS[1], cmsgpack.pack(units, tick, left + cost), 'PX', math.ceil((empty_at + 60000000 - now) / 1000))
  return { 1, now, tick, left + cost }
end
