-- KEYS the states', each once. ARGV 1 JSON: what calls.lua wants.
-- Defines input.

local input = cjson.decode(ARGV[1])
