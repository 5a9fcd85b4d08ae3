import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyPluginAsync,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Decider } from '../decider.ts'
import type { Live } from '../live.ts'
import type { CheckedOptions } from '../options.ts'
import type { PlanBook } from '../plan-book.ts'
import type { Bearer, Scope } from '../tokens.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a token must be good for. */
    scope?: Scope
  }
  interface FastifyRequest {
    /** Who asks; set where a scope is needed. */
    bearer: Bearer | undefined
  }
}

/** Fastify, with schemas that are types as well. */
type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What routes are made of. */
export interface Parts {
  readonly options: CheckedOptions
  readonly book: PlanBook
  readonly decider: Decider
  readonly live: Live
  /** What this process is called among its like. */
  readonly instance: string
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number
}

/** A group of routes. */
export type Routes = (app: App, parts: Parts) => void

/** As a plugin, so that hooks and parsers of one group aren't the others'. */
export function asPlugin(routes: Routes, parts: Parts): FastifyPluginAsync {
  return async (app) => routes(app.withTypeProvider<TypeBoxTypeProvider>(), parts)
}
