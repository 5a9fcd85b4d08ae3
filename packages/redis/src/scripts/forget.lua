-- Forgets states. KEYS: theirs. Result: nothing.

for _, key in ipairs(KEYS) do
  redis.call('DEL', key)
end
