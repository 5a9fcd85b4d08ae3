import type { RedisScripts } from './clients.ts'
import { scripts } from './script.ts'

/**
 * Says what is wrong where a full server would drop states to make room, and with them what was used: every state expires,
 * so every policy but `noeviction` may. Undefined where all is well, or the server doesn't tell.
 */
export async function evictionWarning(client: RedisScripts): Promise<string | undefined> {
  const [maxmemory, policy] = (await client.eval(scripts.eviction.source, [], [])) as [unknown, unknown]
  if (policy === 'noeviction' || Number(maxmemory) === 0 || typeof policy !== 'string') return undefined
  return `Redis evicts keys when it is full (maxmemory-policy ${policy}), and who is evicted starts anew: use noeviction`
}
