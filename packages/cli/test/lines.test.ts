import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_RECORD, readBlocks } from '../src/replay/lines.ts'
import { unpacked } from '../src/replay/source.ts'
import { eventsOf, logOf } from './support.ts'

async function linesOf(content: Buffer, chunk: number): Promise<{ text: string; tooLong: number }> {
  let text = ''
  let tooLong = 0
  for await (const block of readBlocks(unpacked(logOf(content, chunk).open(), () => {}))) {
    if (!block.last) expect(block.bytes.length === 0 || block.bytes.at(-1) === 10).toBe(true)
    text += block.bytes.toString('latin1')
    tooLong += block.tooLong
  }
  return { text, tooLong }
}

describe('blocks of lines', () => {
  it('hold the log as it is, in whatever chunks it comes', async () => {
    const logs = fc.array(fc.uint8Array({ maxLength: 30_000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(logs, fc.integer({ min: 1_000, max: 400_000 }), async (lines, chunk) => {
        const content = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))
        fc.pre(content[0] !== 0x1f && content[0] !== 0xef)
        expect(await linesOf(content, chunk)).toEqual({ text: content.toString('latin1'), tooLong: 0 })
      }),
      { numRuns: 30 },
    )
  })

  it.each([1_000, 65_536, 262_144, 5_000_000])(
    'drop lines that are too long, in chunks of %d',
    async (chunk) => {
      const fits = `${'f'.repeat(MAX_RECORD)}\n`
      const tooLong = `${'l'.repeat(MAX_RECORD + 1)}\n`
      const far = `${'l'.repeat(3 * MAX_RECORD)}\n`
      const content = Buffer.from(`a\n${fits}${tooLong}b\n${far}${far}c\n${'l'.repeat(2 * MAX_RECORD)}`)
      expect(await linesOf(content, chunk)).toEqual({ text: `a\n${fits}b\nc\n`, tooLong: 4 })
    },
  )

  it('start without a byte order mark', async () => {
    expect(await linesOf(Buffer.from('\ufeffa\nb'), 1)).toEqual({ text: 'a\nb', tooLong: 0 })
    expect(await linesOf(Buffer.alloc(0), 1)).toEqual({ text: '', tooLong: 0 })
  })

  it('end where the log is when reading is stopped, without the line that was being read', async () => {
    const stop = new AbortController()
    async function* endless() {
      yield Buffer.from('a\nb\nhal')
      stop.abort()
      throw stop.signal.reason
    }
    const texts: string[] = []
    for await (const { bytes, last } of readBlocks(endless(), stop.signal)) texts.push(`${bytes} ${last}`)
    expect(texts).toEqual(['a\nb\n false'])
  })

  it('fail when reading fails', async () => {
    async function* broken() {
      yield Buffer.from('a\n')
      throw new Error('disk')
    }
    const readAll = async () => {
      for await (const { last } of readBlocks(broken())) expect(last).toBe(false)
    }
    await expect(readAll()).rejects.toThrow('disk')
  })
})

describe('gzip', () => {
  const log = Array.from(
    { length: 3_000 },
    (_, i) => `{"time":${1_579_601_045 + i},"k":"user ${i % 50}"}\n`,
  ).join('')
  const half = log.indexOf('\n', log.length / 2) + 1

  it('is read with one member or several, in chunks of any size', async () => {
    const packed = Buffer.concat([gzipSync(log.slice(0, half)), gzipSync(''), gzipSync(log.slice(half))])
    const plain = await eventsOf(log, { format: 'jsonl', key: ['k'] })
    expect(plain.events).toHaveLength(3_000)
    for (const chunk of [1, 2, 3, 17, 1_000, 1_000_000]) {
      expect(await eventsOf(packed, { format: 'jsonl', key: ['k'] }, chunk)).toEqual(plain)
    }
    const members = gzipSync(log.slice(0, half)).length
    expect(await eventsOf(packed, { format: 'jsonl', key: ['k'] }, members)).toEqual(plain)
  })

  it('fails when it is cut off', async () => {
    const cut = gzipSync(log).subarray(0, -20)
    await expect(eventsOf(cut, { format: 'jsonl', key: ['k'] })).rejects.toThrow('unexpected end of file')
  })
})
