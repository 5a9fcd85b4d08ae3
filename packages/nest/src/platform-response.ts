import { carryOut, type NodeResponse, type Reply, type Verdict } from '@headgate/http'

/** What is needed of Fastify's reply. */
interface FastifyReply {
  readonly raw: NodeResponse
  code(status: number): FastifyReply
  header(name: string, value: string): FastifyReply
  send(body: Uint8Array): unknown
}

/** A response: Express's is Node's own, Fastify's stands around it. */
export type PlatformResponse = NodeResponse | FastifyReply

/** Sets the fields of a verdict. Where it denies, what the body will be is left to who writes it. */
export function setFields(response: PlatformResponse, { fields, reply }: Verdict): void {
  const isFastify = 'raw' in response
  for (const field of fields) {
    if (reply !== undefined && field[0] === 'content-type') continue
    if (isFastify) response.header(field[0], field[1])
    else response.setHeader(field[0], field[1])
  }
}

/** Sends the answer to a denial. */
export function answer(response: PlatformResponse, verdict: Verdict & { readonly reply: Reply }): void {
  if (!('raw' in response)) {
    carryOut(verdict, response)
    return
  }
  for (const [name, value] of verdict.fields) response.header(name, value)
  // As bytes: to a string of JSON Fastify would add a charset.
  response.code(verdict.reply.status).send(Buffer.from(verdict.reply.body))
}

/** Node's response, which knows when it is through. */
export function rawOf(response: PlatformResponse): NodeResponse {
  return 'raw' in response ? response.raw : response
}
