import { describe, expect, it } from 'vitest'
import { eventsOf } from './support.ts'

const TIME = Date.UTC(2015, 4, 17, 10, 5, 3) * 1_000
const LINE =
  '83.149.9.216 - frank [17/May/2015:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 203023 "http://r.example/" "Mozilla/5.0 (X11)"'

async function keyOf(line: string, ...key: string[]): Promise<string | undefined> {
  const { events, malformed } = await eventsOf(line, { format: 'combined', ...(key.length > 0 && { key }) })
  return events[0]?.key ?? malformed[0]
}

describe('combined', () => {
  it('has the host as its key', async () => {
    const { events } = await eventsOf(LINE, { format: 'combined' })
    expect(events).toEqual([{ key: '83.149.9.216', time: TIME, cost: 1 }])
  })

  it.each([
    ['host', '83.149.9.216'],
    ['ip', '83.149.9.216'],
    ['user', 'frank'],
    ['request', 'GET /a?b=c HTTP/1.1'],
    ['method', 'GET'],
    ['path', '/a?b=c'],
    ['protocol', 'HTTP/1.1'],
    ['status', '200'],
    ['bytes', '203023'],
    ['referer', 'http://r.example/'],
    ['Agent', 'Mozilla/5.0 (X11)'],
  ])('knows the field %s', async (field, value) => {
    expect(await keyOf(LINE, field)).toBe(value)
  })

  it('joins several fields so that no two callers become one', async () => {
    expect(await keyOf(LINE, 'host', 'method')).toBe('83.149.9.216,GET')
    const line = (user: string, agent: string) =>
      `h - ${user} [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "${agent}"`
    const keys = await Promise.all([
      keyOf(line('a,b', 'c'), 'user', 'agent'),
      keyOf(line('a', 'b,c'), 'user', 'agent'),
    ])
    expect(keys).toEqual(['a\\,b,c', 'a,b\\,c'])
    expect(await keyOf(line('a,b\\', 'c'), 'user', 'agent')).not.toBe(
      await keyOf(line('a\\', 'b,c'), 'user', 'agent'),
    )
  })

  it('may ask for a field twice', async () => {
    const { events } = await eventsOf(LINE, {
      format: 'combined',
      key: ['host', 'ip'],
      cost: ['bytes', 'bytes'],
    })
    expect(events).toEqual([{ key: '83.149.9.216,83.149.9.216', time: TIME, cost: 406_046 }])
  })

  it('takes - bytes for none, and other fields that are - for missing', async () => {
    const line = LINE.replace('203023', '-').replace('frank', '-')
    const { events } = await eventsOf(line, { format: 'combined', cost: ['bytes'] })
    expect(events[0]?.cost).toBe(0)
    expect(await keyOf(line, 'user')).toBe('1: field "user" is missing')
  })

  it.each([
    ['an outer pair of quotes', `"${LINE}"`],
    ['quotes inside that are doubled', `"${LINE.replaceAll('"', '""')}"`],
    ['quotes inside with a backslash', `"${LINE.replaceAll('"', '\\"')}"`],
    ['CRLF', `${LINE}\r\n`],
  ])('reads %s', async (_, line) => {
    const { events, malformed } = await eventsOf(line, { format: 'combined', key: ['host', 'path', 'agent'] })
    expect({ events, malformed }).toEqual({
      events: [{ key: '83.149.9.216,/a?b=c,Mozilla/5.0 (X11)', time: TIME, cost: 1 }],
      malformed: [],
    })
  })

  it('reads IPv6 hosts, users with spaces, escaped quotes, HTTP/0.9 and lines that were cut', async () => {
    expect(await keyOf('::1 - - [17/May/2015:10:05:03 +0000] "GET /" 200 1')).toBe('::1')
    expect(await keyOf('h - a b c [17/May/2015:10:05:03 +0000] "GET /" 200 1', 'user')).toBe('a b c')
    expect(await keyOf('h - - [17/May/2015:10:05:03 +0000] "GET /" 200 1', 'path')).toBe('/')
    const escaped = 'h - - [17/May/2015:10:05:03 +0000] "GET /\\"x\\" HTTP/1.0" 200 1 "-" "a \\" b"'
    expect(await keyOf(escaped, 'path')).toBe('/\\"x\\"')
    expect(await keyOf(escaped, 'agent')).toBe('a \\" b')
    expect(await keyOf(LINE.slice(0, -5), 'agent')).toBe('Mozilla/5.0 (')
    expect(await keyOf('h - - [17/May/2015:10:05:03 +0000]')).toBe('h')
  })

  it('calls everything else malformed, and says why', async () => {
    const lines = ['', 'x', 'h - - 17/May/2015', 'h - - [soon] "GET /" 200 1', '\x00\xff\x1b[31m', '"', LINE]
    const { events, malformed } = await eventsOf(Buffer.from(lines.join('\n'), 'latin1'), {
      format: 'combined',
    })
    expect(events).toHaveLength(1)
    expect(malformed).toEqual([
      '2: not a line of the combined format',
      '3: not a line of the combined format',
      '4: field "time" is not a time: soon',
      '5: not a line of the combined format',
      '6: not a line of the combined format',
    ])
  })

  it('refuses fields that it does not have', async () => {
    await expect(eventsOf(LINE, { format: 'combined', key: ['hots'] })).rejects.toThrow(
      '`--key` must be a field of the combined format, not "hots". Use one of host, ident',
    )
  })
})
