import type { Scenario } from '../scenario.ts'
import { table, verdict } from '../table.ts'
import type { Bytes, BytesTask } from '../workers/bytes.ts'
import { seat } from '../workers/seat.ts'

const GOAL = 100
/** Each once: awaited or not, it is the same that is held. */
const NAMES = [
  'floor',
  'headgate, sync',
  'rate-limiter-flexible, awaited',
  'express-rate-limit store, awaited',
  'limiter, sync',
]
const WORKER = new URL('../workers/bytes.ts', import.meta.url).href

/** What a limiter holds in memory for each of many keys. */
export const bytesScenario: Scenario = {
  suite: 'memory',
  name: 'bytes',
  async run({ manyKeys }) {
    const found = new Map<string, Bytes>()
    for (const name of NAMES) found.set(name, await bytesOf(name, manyKeys))

    const floor = found.get('floor') as Bytes
    const own = (found.get('headgate, sync') as Bytes).perKey
    const reach = { goal: `≤ ${GOAL} bytes`, found: own, met: own <= GOAL }
    const rows = [...found].map(([name, { perKey }]) => [
      name.replace(/, .*/, ''),
      perKey.toFixed(1),
      (perKey / floor.perKey).toFixed(2),
      name.startsWith('headgate') ? verdict(reach) : '',
    ])
    return {
      title: `Bytes per key at ${manyKeys.toLocaleString('en-GB')} keys`,
      text: `${table(['', 'bytes per key', '× floor', 'reach'], rows)}

Counted: the growth of the heap in use and of the memory outside it (typed arrays), after collecting garbage, from before the
limiter is made until every key has taken a unit, divided by the keys. The keys' strings exist before that, and are not in the
figure: they take ${floor.perString.toFixed(1)} bytes each with the caller's array of them.`,
      reached: [reach],
    }
  },
}

async function bytesOf(competitor: string, keys: number): Promise<Bytes> {
  const { sample, close } = await seat<BytesTask, Bytes>(competitor, WORKER, { competitor, keys }, [
    '--expose-gc',
  ])
  try {
    return await sample(0)
  } finally {
    await close()
  }
}
