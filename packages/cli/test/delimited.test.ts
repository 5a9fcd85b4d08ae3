import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventsOf } from './support.ts'

const csv = { format: 'csv' } as const

describe('csv', () => {
  it('reads columns by the names of the header, CRLF, and a last row without a newline', async () => {
    const log =
      'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:04.0319600,3180,8'
    const { events, malformed } = await eventsOf(log, { ...csv, cost: ['ContextTokens', 'GeneratedTokens'] })
    const start = Date.UTC(2023, 10, 16, 18, 17) * 1_000
    expect(malformed).toEqual([])
    expect(events).toEqual([
      { key: 'all', time: start + 3_979_960, cost: 4_818 },
      { key: 'all', time: start + 4_031_960, cost: 3_188 },
    ])
  })

  it('reads columns by number, with a header or without', async () => {
    const rows = '5,a,1579601045\n6,b,1579601046\n'
    for (const log of [rows, `n,who,time\n${rows}`]) {
      const { events } = await eventsOf(log, { ...csv, key: ['2'], time: '3', cost: ['1'] })
      expect(events.map(({ key, cost }) => [key, cost])).toEqual([
        ['a', 5],
        ['b', 6],
      ])
    }
    // A header's names come before numbers.
    const named = await eventsOf('2,1,time\nx,y,1579601045\n', { ...csv, key: ['1'] })
    expect(named.events[0]?.key).toBe('y')
  })

  it('reads a header in each file of its own', async () => {
    const { createReader } = await import('../src/replay/event.ts')
    const { createRecords } = await import('../src/replay/records.ts')
    const reader = createReader({ ...csv, key: ['k'] })
    const keys: string[] = []
    const records = createRecords(
      reader.format,
      (bytes, at, end) => {
        if (reader.read(bytes, at, end) === undefined) keys.push(reader.event.key)
      },
      () => {},
    )
    for (const file of ['time,k\n1579601045,a\n', 'k,time\nb,1579601045\n']) {
      records.begin()
      records.push(Buffer.from(file), true)
    }
    expect(keys).toEqual(['a', 'b'])
  })

  it('reads quoted fields: commas, doubled quotes, newlines', async () => {
    const log =
      'k,time\n"a,b",1579601045\n"say ""hi""",1579601046\n"two\r\nlines",1579601047\nplain,1579601048\n'
    const { events, malformed } = await eventsOf(log, { ...csv, key: ['k'] })
    expect(events.map(({ key }) => key)).toEqual(['a,b', 'say "hi"', 'two\r\nlines', 'plain'])
    expect(malformed).toEqual([])
  })

  it('gives up one line for a quote that is never closed, and counts lines on', async () => {
    const log =
      'k,time\na,1579601045\n"open,1579601046\nb,1579601047\n"c"x,1579601048\n,1579601049\nd\nlast,1579601050'
    const { events, malformed } = await eventsOf(log.replace('"c"x', 'c'), { ...csv, key: ['k'] })
    expect(events.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'last'])
    expect(malformed).toEqual([
      '3: a quote that is never closed',
      '6: field "k" is empty',
      '7: field "time" is missing',
    ])
    const beside = await eventsOf('k,time\n"c"x,1579601048\n', { ...csv, key: ['k'] })
    expect(beside.malformed).toEqual(['2: text beside a quoted field'])
  })

  it('gives up one line for a quote that stays open for more than a record may be long', async () => {
    const rows = Array.from({ length: 120_000 }, (_, i) => `k${i % 7},1579601045\n`).join('')
    const { events, malformed } = await eventsOf(`k,time\n"open,1\n${rows}`, { ...csv, key: ['k'] })
    expect(events).toHaveLength(120_000)
    expect(malformed).toEqual(['2: a quote that is never closed'])
  })

  it('names the columns when one is asked for that is not there', async () => {
    await expect(eventsOf('when,who\n1,a\n', { ...csv, key: ['who'] })).rejects.toThrow(
      '`--time` must be given. Name the column that has the time; there are when, who',
    )
    await expect(eventsOf('time,who\n1,a\n', { ...csv, cost: ['tokens'] })).rejects.toThrow(
      '`--cost` must be a column of the file, not "tokens". There are time, who',
    )
  })

  it('reads whatever a writer by RFC 4180 writes, in chunks of any size', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '\t'),
      minLength: 1,
      maxLength: 8,
    })
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(
        fc.array(field, { maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (keys, chunk) => {
          const log = `time,key\r\n${keys.map((key, i) => `${1_579_601_045 + i},${quote(key)}`).join('\r\n')}`
          const { events, malformed } = await eventsOf(log, { ...csv, key: ['key'] }, chunk)
          expect(malformed).toEqual([])
          expect(events.map(({ key }) => key)).toEqual(keys)
        },
      ),
    )
  })
})

describe('tsv', () => {
  it('takes rows that are longer than the header, and quotes as they come', async () => {
    const log = 'host\ttime\turl\n1.2.3.4\t804571201\t/a"b\t\t\n"quoted"\t804571202\t"/x\n"q\t804571203\t-\n'
    const { events, malformed } = await eventsOf(log, { format: 'tsv', key: ['host', 'url'] })
    expect(events.map(({ key }) => key)).toEqual(['1.2.3.4,/a"b', 'quoted,"/x', '"q,-'])
    expect(events[0]?.time).toBe(804_571_201_000_000)
    expect(malformed).toEqual([])
  })
})
