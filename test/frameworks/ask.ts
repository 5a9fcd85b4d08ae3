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

/** The fields that a guard has a say in. */
const OWN = /^(ratelimit|x-ratelimit|retry-after|cache-control|content-type|content-length)/

/** Sends a request over a connection of its own. */
export function ask(
  port: number,
  { method = 'GET', path = '/hello', headers = {}, body, signal }: Asking = {},
): Promise<Answer> {
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
    request(options, (response) => read(response).then(resolve, reject))
      .on('error', reject)
      .end(body)
  })
}

async function read(response: IncomingMessage): Promise<Answer> {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  const fields = Object.entries(response.headers).filter(([name]) => OWN.test(name))
  return {
    status: response.statusCode ?? 0,
    fields: Object.fromEntries(fields) as Record<string, string>,
    body,
  }
}
