import { setImmediate as breathe } from 'node:timers/promises'
import { createGuard } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import type { Plan } from '@headgate/plans'
import { host } from './decider.ts'
import type { CheckedOptions } from './options.ts'

/**
 * Asks once by a plan, of a store that nobody else uses: whatever can't be honoured (a limit that `instances` can't share, a name
 * or a number that the header fields can't say) shows then, and not with a customer's first request. It takes a while, and there
 * may be many plans: whoever asks for decisions meanwhile isn't kept waiting for all of them.
 */
export function createRehearsal({ headers, instances }: CheckedOptions): (plan: Plan) => Promise<void> {
  return async ({ limits }) => {
    await breathe()
    const guard = createGuard(host, {
      store: memoryStore({ maxKeys: 1 }),
      key: () => 'nobody',
      limits,
      headers,
      failure: { onError: memoryStore({ maxKeys: 1 }), share: 1 / instances },
    })
    await guard.limiter.peek('nobody')
  }
}
