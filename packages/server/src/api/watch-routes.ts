import { Type } from 'typebox'
import { LIVE_SECONDS } from '../live.ts'
import type { Bearer } from '../tokens.ts'
import type { Routes } from './app.ts'
import { pageSize, Subject } from './schemas.ts'

const config = { scope: 'read' } as const
const Tally = { allowed: Type.Integer(), denied: Type.Integer() }
const MOST_DENIED = 20

/** What happens, and what was done. */
export const watchRoutes: Routes = (app, { book, decider, live, options, instance, startedAt }) => {
  app.get(
    '/whoami',
    {
      config,
      schema: {
        tags: ['watching'],
        summary: 'What a token is good for',
        response: {
          200: Type.Object({ name: Type.String(), scope: Type.String(), readOnly: Type.Boolean() }),
        },
      },
    },
    async ({ bearer }) => ({ ...(bearer as Bearer), readOnly: book.readOnly }),
  )

  app.get(
    '/live',
    {
      config,
      schema: {
        tags: ['watching'],
        summary: 'What this instance decided of late',
        querystring: Type.Object({
          seconds: Type.Optional(
            Type.Integer({ minimum: 1, maximum: LIVE_SECONDS, description: 'How many; 120 unless told' }),
          ),
        }),
        response: {
          200: Type.Object({
            now: Type.Integer({ description: 'Milliseconds since 1970' }),
            startedAt: Type.Integer(),
            instance: Type.String(),
            store: Type.Object({ name: Type.String(), state: Type.String() }),
            seconds: Type.Array(
              Type.Object({
                at: Type.Integer({ description: 'Seconds since 1970' }),
                ...Tally,
                degraded: Type.Integer(),
              }),
            ),
            plans: Type.Array(Type.Object({ plan: Type.String(), ...Tally })),
            denied: Type.Array(Type.Object({ subject: Type.String(), plan: Type.String(), ...Tally }), {
              description: `Who was denied most in the last ${LIVE_SECONDS / 60} minutes`,
            }),
          }),
        },
      },
    },
    async ({ query: { seconds = 120 } }) => ({
      now: Math.floor(options.clock.now() / 1_000),
      startedAt,
      instance,
      store: { name: options.store.name, state: decider.storeState },
      seconds: live.seconds(seconds),
      plans: live.plans(),
      denied: live.denied(MOST_DENIED),
    }),
  )

  app.get(
    '/changes',
    {
      config,
      schema: {
        tags: ['watching'],
        summary: 'Who changed what, the newest first',
        querystring: Type.Object({
          before: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: Number.MAX_SAFE_INTEGER,
              description: 'The `next` of the page before',
            }),
          ),
          limit: pageSize(100),
          subject: Type.Optional(Subject),
        }),
        response: {
          200: Type.Object({
            changes: Type.Array(
              Type.Object({
                id: Type.Integer(),
                at: Type.Integer({ description: 'Milliseconds since 1970' }),
                actor: Type.String({ description: 'The name of a token' }),
                change: Type.Object({ type: Type.String() }, { additionalProperties: true }),
              }),
            ),
            next: Type.Union([Type.Integer(), Type.Null()]),
          }),
        },
      },
    },
    async ({ query: { limit = 100, ...query } }) => {
      const changes = await options.registry.changes({ ...query, limit })
      return { changes, next: changes.length < limit ? null : (changes.at(-1)?.id ?? null) }
    },
  )
}
