import { type IncomingMessage, request } from 'node:http'

/** What came back, as it came. */
export interface Answer {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}

/** What a request is made of. */
export interface Asking {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** The fields that a guard writes, and nobody else here. */
const OWN = /^(x-)?ratelimit/i
/** Those that HTTP knows, whose names a framework or a runtime (Bun) may write in its own way. */
const SHARED = /^(content-type|content-length|cache-control|retry-after)$/i

/** Sends a request over a connection of its own. */
export async function ask(port: number, asking: Asking = {}): Promise<Answer> {
  return read(await open(port, asking))
}

/** The same, of whose answer nobody reads more than the head yet. */
export function open(
  port: number,
  { method = 'GET', path = '/hello', headers = {}, body, signal }: Asking = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      agent: false,
      ...(signal && { signal }),
    }
    request(options, resolve).on('error', reject).end(body)
  })
}

async function read(response: IncomingMessage): Promise<Answer> {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  return { status: response.statusCode ?? 0, fields: fieldsOf(response.rawHeaders), body }
}

/** The fields by name; a guard's own as they went over the wire, letter for letter. */
function fieldsOf(raw: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const [written, value] = raw.slice(i, i + 2) as [string, string]
    const isShared = SHARED.test(written)
    if (!isShared && !OWN.test(written)) continue
    const name = isShared ? written.toLowerCase() : written
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value
  }
  return fields
}
