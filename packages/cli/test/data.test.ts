import { tokenBucket } from '@headgate/core'
import { describe, expect, it } from 'vitest'
import { replay } from '../src/index.ts'
import { FILES, madeUp, recordedLog } from './recorded.ts'

describe('recorded traffic is read in full', () => {
  it.each(FILES)('$file', async (recorded) => {
    const result = await replay({
      ...recorded.options,
      policies: [{ name: 'p', limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } }],
      sources: [await recordedLog(recorded)],
    })
    const { requests, keys, malformed, policies } = result
    expect({ requests, keys, malformed }).toEqual({
      requests: recorded.events,
      keys: recorded.keys,
      malformed: 0,
    })
    const { allowed = 0, denied = 0, cost } = policies[0] ?? {}
    expect(allowed + denied).toBe(recorded.events)
    expect((cost?.allowed ?? 0) + (cost?.denied ?? 0)).toBe(recorded.cost ?? recorded.events)
  })

  it.each(FILES)('and so is a log like $file', async (recorded) => {
    const result = await replay({
      ...recorded.options,
      policies: [{ name: 'p', limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } }],
      sources: [madeUp(recorded)],
    })
    expect(result).toMatchObject({ requests: recorded.events, keys: recorded.keys, malformed: 0 })
  })
})
