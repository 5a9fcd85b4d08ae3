import { fixedWindow, quota, tokenBucket } from '@headgate/core'
import { describe, expect, it } from 'vitest'
import { noPaint, type Policy, type ReplayOptions, replay } from '../src/index.ts'
import { report } from '../src/replay/report.ts'
import { share, span } from '../src/replay/text.ts'
import { widthOf } from '../src/terminal.ts'
import { logOf } from './support.ts'

const burst: Policy = {
  name: 'burst of 2',
  limits: { burst: tokenBucket({ capacity: 2, refill: 1, per: '1m' }) },
}
const day: Policy = {
  name: 'a name that goes on for so long that no table has room for it, not even the widest one there is',
  limits: { minute: fixedWindow({ limit: 1, window: '1m' }), day: quota({ limit: 3, per: 'day' }) },
}

async function reportOf(lines: readonly string[], options: Partial<ReplayOptions> = {}): Promise<string> {
  const log = `time,key,cost\n${lines.join('\n')}`
  const result = await replay({
    policies: [burst],
    sources: [logOf(log, 65_536, 'log.csv')],
    format: 'csv',
    key: ['key'],
    ...options,
  })
  return report(result, noPaint)
}

describe('the report', () => {
  it('tells the whole story', async () => {
    const lines = ['2026-03-02T09:00:00Z,ann,1', '2026-03-02T09:00:00Z,ann,1', '2026-03-02T09:00:30Z,ann,1']
    const text = await reportOf([
      ...lines,
      '2026-03-02T09:00:10Z,bob,1',
      '2026-03-02T09:02:00Z,ann,1',
      'never,bob,1',
    ])
    expect(`${text}\n`).toBe(`headgate replay  log.csv (csv)
  events        5 in 2m, 2026-03-02 09:00:00 to 2026-03-02 09:02:00 UTC
  keys          2, by key
  time          time
  malformed     1
                line 7: field "time" is not a time: never
  out of order  1, up to 20s behind the latest time seen; decided at that time

burst of 2
  burst: token-bucket 1/1m, burst 2
  allowed       4   80.0%
  denied        1   20.0%
  denied by     burst 1 (100.0%)

        denied          of   share  most denied of 1 key
             1           4   25.0%  ann

              from  10s a row                                      █ allowed   ░ denied
          09:00:00  ████████████████████████████████████████████           2          0
          09:00:10                                                         0          0
          09:00:20                                                         0          0
          09:00:30  ██████████████████████░░░░░░░░░░░░░░░░░░░░░░           1          1
          09:00:40                                                         0          0
          09:00:50                                                         0          0
          09:01:00                                                         0          0
          09:01:10                                                         0          0
          09:01:20                                                         0          0
          09:01:30                                                         0          0
          09:01:40                                                         0          0
          09:01:50                                                         0          0
          09:02:00  ██████████████████████                                 1          0
`)
  })

  it('puts policies side by side', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `2026-03-02T09:0${i % 6}:00Z,k${i % 2},5`)
    const text = await reportOf(lines, { policies: [burst, day], cost: ['cost'] })
    expect(text).toContain('side by side')
    expect(text).toMatch(/1 {2}burst of 2 .* 0\s+0\.0%\s+12\s+100\.0%\s+2\s+0\.0%/)
    expect(text).toContain('minute: fixed-window 1/1m · day: quota 3/day')
    expect(text).toContain('never fits    12 asked for more than a limit ever holds')
  })

  it('is at most 100 columns wide and obeys no log', async () => {
    const hostile = ['\x1b[2J\x1b[31mred', '漢字'.repeat(60), '\u202egnp.exe', 'x'.repeat(3_000), '\x07\x9b']
    const lines = hostile.flatMap((key) => Array.from({ length: 4 }, () => `2026-03-02T09:00:00Z,${key},1`))
    const text = await reportOf([...lines, `${'\x1b]0;t\x07'.repeat(40)},k,1`], { policies: [burst, day] })
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(100)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
  })

  it('has something to say of an empty log', async () => {
    const text = await reportOf([])
    expect(text).toContain('  events        0\n')
    expect(text).toContain('  allowed       0       –')
  })
})

describe('figures', () => {
  it.each([
    [0, '0ms'],
    [1_500, '1.5ms'],
    [1_000_000, '1s'],
    [4_900_000, '4.9s'],
    [61_000_000, '1m 1s'],
    [90_000_000_000, '1d 1h'],
    [86_400_000_000 * 3_000, '3,000d'],
  ])('%d µs is %s', (micros, text) => {
    expect(span(micros)).toBe(text)
  })

  it('never round something to nothing or to all', () => {
    expect([share(0, 0), share(0, 9), share(9, 9), share(1, 3)]).toEqual(['–', '0.0%', '100.0%', '33.3%'])
    expect([share(1, 100_000), share(99_999, 100_000)]).toEqual(['<0.1%', '>99.9%'])
  })
})
