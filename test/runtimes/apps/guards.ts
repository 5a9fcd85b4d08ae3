import { fixedWindow, leakyBucket, manualClock, quota, tokenBucket } from '@headgate/core'
import type { GuardOptions } from '@headgate/http'
import { memoryStore } from '@headgate/memory'

/**
 * The guards that every runtime is asked about, each before a route of its name. Their clock stands still, so that all answers are
 * known beforehand.
 *
 * @param header reads a field of what the shell calls a request
 */
export function guardsBy<R>(header: (request: R, name: string) => string | undefined) {
  const store = memoryStore({ clock: manualClock() })
  const burst = tokenBucket({ capacity: 2, refill: 2, per: '1m' })
  const key = (): string => 'all'
  const guards = {
    /** By the client's address, as the platform tells it. */
    address: { limits: { burst } },
    calendar: { limits: { burst, daily: quota({ limit: 1_000, per: 'day', timeZone: 'Europe/Berlin' }) } },
    client: { limits: { burst }, key: (request: R) => header(request, 'x-client') ?? 'nobody' },
    cost: { limits: { work: tokenBucket({ capacity: 8, refill: 1, per: '1s' }) }, key, cost: { POST: 5 } },
    skip: { limits: { burst }, key, skip: (request: R) => header(request, 'x-skip') === 'yes' },
    partition: {
      limits: { burst },
      key,
      headers: { style: 'draft-11', partitionSecret: '0123456789abcdef' },
    },
    banned: { limits: { burst }, denyList: ['127.0.0.0/8'] },
    nowhere: { limits: { burst }, proxies: ['10.0.0.0/8'], address: () => undefined },
    line: { limits: { out: leakyBucket({ rate: 1, per: '1m', queue: 1 }) }, key, delay: true },
    bytes: {
      limits: { bytes: fixedWindow({ limit: 1_000, window: '1h' }) },
      key,
      cost: 0,
      settle: ({ bytes }: { readonly bytes: number }) => bytes,
    },
  } as const
  return Object.fromEntries(
    Object.entries(guards).map(([name, guard]) => [name, { store, name, ...guard }]),
  ) as unknown as Readonly<Record<string, GuardOptions<R, string>>>
}
