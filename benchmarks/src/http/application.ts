import type { Server } from 'node:http'

/** Who limits an application: nobody, what someone writes who has no library, Headgate, or the limiter that the framework's users run. */
export type Limiting = 'none' | 'hand-written' | 'headgate' | 'peer'

/** How many requests each client has. */
export interface Allowance {
  readonly units: number
  readonly windowMs: number
}

/** A handler of `fetch` style, told the client's address beside the request. */
export type Handler = (request: Request, address: string) => Promise<Response>

/** An application that answers every request with "hello", unless it is limited. A server doesn't listen yet. */
export type MakeApplication = (limiting: Limiting, allowance: Allowance) => Promise<Server | Handler>

/** A framework's limiters, each loaded only in the process that measures it. */
export type Limiters<Limiter> = {
  readonly [L in Exclude<Limiting, 'none'>]: (allowance: Allowance) => Promise<Limiter>
}
