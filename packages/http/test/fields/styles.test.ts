import { expect, test } from 'vitest'
import { createFieldWriter } from '../../src/fields/create-field-writer.ts'
import type { FieldStyle } from '../../src/fields/field-style.ts'
import type { Policy, Standing } from '../../src/fields/field-writer.ts'

const burst: Policy = { name: 'burst', quota: 100, windowMs: 60_000 }
const daily: Policy = { name: 'daily', quota: 1_000, windowMs: 86_400_000 }
const later: Standing = { remaining: 99, resetMs: 50_000 }
/** 2026-01-01T00:00:00.500Z */
const now = () => 1_767_225_600_500

/** The response's fields as they go over the wire. */
function written(
  styles: FieldStyle | readonly FieldStyle[],
  policies: readonly Policy[],
  standings: readonly (Standing | undefined)[],
  binding = 0,
  partitions?: readonly (Uint8Array | undefined)[],
): string[] {
  const fields = createFieldWriter(styles, policies).write(standings, binding, now, partitions)
  return fields.map(([name, value]) => `${name}: ${value}`)
}

test('draft 11 tells every limit by its name', () => {
  expect(written('draft-11', [burst, daily], [{ remaining: 50, resetMs: 30_000 }, later])).toEqual([
    'ratelimit-policy: "burst";q=100;w=60, "daily";q=1000;w=86400',
    'ratelimit: "burst";r=50;t=30, "daily";r=99;t=50',
  ])
})

test('draft 11 leaves out a limit that is not told, and the whole field when none is', () => {
  expect(written('draft-11', [burst, daily], [undefined, later])).toEqual([
    'ratelimit-policy: "burst";q=100;w=60, "daily";q=1000;w=86400',
    'ratelimit: "daily";r=99;t=50',
  ])
  expect(written('draft-11', [burst, daily], [undefined, undefined])).toEqual([
    'ratelimit-policy: "burst";q=100;w=60, "daily";q=1000;w=86400',
  ])
})

test('draft 11 tells a unit only when it is not requests', () => {
  const bytes: Policy = { name: 'peruser', quota: 65_535, windowMs: 10_000, unit: 'content-bytes' }
  expect(written('draft-11', [bytes, { ...burst, unit: 'requests' }], [])).toEqual([
    'ratelimit-policy: "peruser";q=65535;qu="content-bytes";w=10, "burst";q=100;w=60',
  ])
})

test('draft 11 tells the partition beside the standing, as a byte sequence', () => {
  const partition = new TextEncoder().encode('trial121323')
  expect(written('draft-11', [burst], [{ remaining: 999, resetMs: null }], 0, [partition])).toEqual([
    'ratelimit-policy: "burst";q=100;w=60',
    'ratelimit: "burst";r=999;pk=:dHJpYWwxMjEzMjM=:',
  ])
  expect(
    written('draft-11', [burst, daily], [later, later], 0, [undefined, partition.subarray(0, 1)]),
  ).toEqual([
    'ratelimit-policy: "burst";q=100;w=60, "daily";q=1000;w=86400',
    'ratelimit: "burst";r=99;t=50, "daily";r=99;t=50;pk=:dA==:',
  ])
})

test('draft 11 has no window where there is none in whole seconds, and rounds the others up', () => {
  const windows = [null, 999, 1_000, 1_001, 59_999]
  const policies = windows.map((windowMs, i): Policy => ({ name: `p${i}`, quota: 5, windowMs }))
  expect(written('draft-11', policies, [])).toEqual([
    'ratelimit-policy: "p0";q=5, "p1";q=5, "p2";q=5;w=1, "p3";q=5;w=2, "p4";q=5;w=60',
  ])
})

test('draft 11 escapes what a string must', () => {
  const quoted: Policy = { name: 'a "b" \\ c, d;q=9', quota: 1, windowMs: null, unit: '"' }
  expect(written('draft-11', [quoted], [{ remaining: 0, resetMs: 1 }])).toEqual([
    'ratelimit-policy: "a \\"b\\" \\\\ c, d;q=9";q=1;qu="\\""',
    'ratelimit: "a \\"b\\" \\\\ c, d;q=9";r=0;t=1',
  ])
})

test('draft 7 tells the limit that binds as a dictionary', () => {
  expect(written('draft-7', [burst, daily], [later, undefined])).toEqual([
    'ratelimit-policy: 100;w=60, 1000;w=86400',
    'ratelimit: limit=100, remaining=99, reset=50',
  ])
  expect(written('draft-7', [burst, daily], [later, { remaining: 7, resetMs: 36_000_000 }], 1)).toEqual([
    'ratelimit-policy: 100;w=60, 1000;w=86400',
    'ratelimit: limit=1000, remaining=7, reset=36000',
  ])
})

test('draft 6 tells the limit that binds in three fields', () => {
  expect(written('draft-6', [burst, daily], [later, { remaining: 7, resetMs: 36_000_000 }], 1)).toEqual([
    'ratelimit-policy: 100;w=60, 1000;w=86400',
    'ratelimit-limit: 1000',
    'ratelimit-remaining: 7',
    'ratelimit-reset: 36000',
  ])
  expect(written('draft-6', [burst], [later])).toEqual([
    'ratelimit-policy: 100;w=60',
    'ratelimit-limit: 100',
    'ratelimit-remaining: 99',
    'ratelimit-reset: 50',
  ])
})

test.each(['draft-6', 'draft-7'] as const)('%s: policies have a window, and no two one quota', (style) => {
  const monthly: Policy = { name: 'monthly', quota: 9, windowMs: null }
  const fast: Policy = { name: 'fast', quota: 3, windowMs: 500 }
  const hourly: Policy = { name: 'hourly', quota: 100, windowMs: 3_600_000 }
  expect(written(style, [monthly, hourly, burst, fast], [])).toEqual(['ratelimit-policy: 100;w=3600'])
  expect(written(style, [burst, hourly], [])).toEqual(['ratelimit-policy: 100;w=3600'])
  expect(written(style, [monthly, fast], [])).toEqual([])
})

test.each(['draft-6', 'draft-7'] as const)(
  '%s: what never comes has no reset, so only policies are told',
  (style) => {
    const never: Standing = { remaining: 3, resetMs: null }
    expect(written(style, [burst], [never])).toEqual(['ratelimit-policy: 100;w=60'])
    expect(written(style, [burst], [undefined])).toEqual(['ratelimit-policy: 100;w=60'])
  },
)

test('legacy resets are seconds from now or since the epoch, as chosen', () => {
  expect(written('legacy-delta', [burst, daily], [undefined, later], 1)).toEqual([
    'x-ratelimit-limit: 1000',
    'x-ratelimit-remaining: 99',
    'x-ratelimit-reset: 50',
  ])
  // 0.5 s past the second, and 50 s more: rounded up.
  expect(written('legacy-epoch', [burst, daily], [later, undefined])).toEqual([
    'x-ratelimit-limit: 100',
    'x-ratelimit-remaining: 99',
    'x-ratelimit-reset: 1767225651',
  ])
})

test.each(['legacy-delta', 'legacy-epoch'] as const)('%s: what never comes has no reset', (style) => {
  expect(written(style, [burst], [{ remaining: 3, resetMs: null }])).toEqual([
    'x-ratelimit-limit: 100',
    'x-ratelimit-remaining: 3',
  ])
  expect(written(style, [burst], [undefined])).toEqual([])
})

test('a draft and a legacy style go together', () => {
  expect(written(['draft-11', 'legacy-delta'], [burst], [later])).toEqual([
    'ratelimit-policy: "burst";q=100;w=60',
    'ratelimit: "burst";r=99;t=50',
    'x-ratelimit-limit: 100',
    'x-ratelimit-remaining: 99',
    'x-ratelimit-reset: 50',
  ])
})

test('without policies nothing is written', () => {
  for (const style of ['draft-11', 'draft-7', 'draft-6', 'legacy-epoch', 'legacy-delta'] as const) {
    expect(written(style, [], [])).toEqual([])
    expect(written(style, [], [later])).toEqual([])
  }
})

test('where what binds is not told, styles of one limit tell none', () => {
  expect(written(['draft-7', 'legacy-epoch'], [burst], [later], -1)).toEqual(['ratelimit-policy: 100;w=60'])
})

test('figures past what a field can hold are told as the largest, and those below 0 as 0', () => {
  const limit = '999999999999999'
  expect(written('draft-11', [burst], [{ remaining: 2 ** 53, resetMs: 2 ** 63 }])[1]).toBe(
    `ratelimit: "burst";r=${limit};t=${limit}`,
  )
  expect(written('draft-7', [burst], [{ remaining: 1e21, resetMs: 1e30 }])[1]).toBe(
    `ratelimit: limit=100, remaining=${limit}, reset=${limit}`,
  )
  expect(written('draft-11', [burst], [{ remaining: -1, resetMs: -1 }])[1]).toBe('ratelimit: "burst";r=0;t=0')
  expect(written('draft-11', [burst], [{ remaining: Number.NaN, resetMs: Number.NaN }])[1]).toBe(
    'ratelimit: "burst";r=0;t=0',
  )
  expect(written('draft-11', [burst], [{ remaining: 1.9, resetMs: 0.1 }])[1]).toBe(
    'ratelimit: "burst";r=1;t=1',
  )
})

test('the clock is read for no style that does not tell it', () => {
  const stopped = () => {
    throw new Error('read')
  }
  for (const style of ['draft-11', 'draft-7', 'draft-6', 'legacy-delta'] as const) {
    expect(createFieldWriter(style, [burst]).write([later], 0, stopped)).not.toEqual([])
  }
})
