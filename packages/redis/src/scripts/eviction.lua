-- How the server makes room. Result: its `maxmemory`, and its `maxmemory_policy`.

local memory = redis.call('INFO', 'memory')
return { string.match(memory, 'maxmemory:(%d+)'), string.match(memory, 'maxmemory_policy:([%w-]+)') }
