import type { Decision } from '@headgate/core'
import type { Verdict } from '@headgate/http'
import type { Plan } from '@headgate/plans'
import { Type } from 'typebox'
import type { Routes } from './app.ts'
import { Actual, ConsumeAnswer, CostOf, DecisionAnswer, Subject, Ttl } from './schemas.ts'

const config = { scope: 'decide' } as const
const tags = ['decisions']

const Question = Type.Object(
  {
    subject: Subject,
    cost: Type.Optional(CostOf),
    meter: Type.Optional(
      Type.String({ description: 'Under which name the use is counted; "requests" unless told' }),
    ),
  },
  { additionalProperties: false },
)
const Peeking = Type.Object(
  { subject: Subject, cost: Type.Optional(CostOf) },
  { additionalProperties: false },
)
const Reserving = Type.Object(
  { ...Question.properties, ttl: Type.Optional(Ttl) },
  { additionalProperties: false },
)
/** How long it is depends on the subject and on how many limits there are. */
const Id = Type.String({ description: 'The `id` that `reserve` answered' })
const Committing = Type.Object({ id: Id, actual: Type.Optional(Actual) }, { additionalProperties: false })
const Cancelling = Type.Object({ id: Id }, { additionalProperties: false })

const Settlement = Type.Object({
  settled: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: '"already", "expired" or "denied"' })),
})

/** The verbs. */
export const decisionRoutes: Routes = (app, { decider }) => {
  app.post(
    '/consume',
    {
      config,
      schema: {
        tags,
        summary: 'Take, or be denied',
        description:
          'Takes the cost from every limit of the subject’s plan, or from none. A denial is a 200 too.',
        body: Question,
        response: { 200: ConsumeAnswer },
      },
    },
    async ({ body }) => {
      const { decision, plan, fields } = await decider.consume(body)
      return { ...answerOf(decision, plan), headers: headersOf(fields) }
    },
  )

  app.post(
    '/peek',
    {
      config,
      schema: {
        tags,
        summary: 'See what would be decided',
        body: Peeking,
        response: { 200: DecisionAnswer },
      },
    },
    async ({ body }) => {
      const { decision, plan } = await decider.peek(body)
      return answerOf(decision, plan)
    },
  )

  app.post(
    '/reserve',
    {
      config,
      schema: {
        tags,
        summary: 'Take now, and settle when it is known what it cost',
        body: Reserving,
        response: {
          200: Type.Object({
            id: Type.String({ description: 'Settles it, at any instance. Keep it from strangers' }),
            expiresAt: Type.Integer({
              description: 'Milliseconds since 1970: what is held then stays charged',
            }),
            decision: DecisionAnswer,
          }),
        },
      },
    },
    async ({ body: { ttl, ...question } }) => {
      const { decision, plan, id, expiresAt } = await decider.reserve(question, ttl)
      return { id, expiresAt, decision: answerOf(decision, plan) }
    },
  )

  app.post(
    '/commit',
    {
      config,
      schema: {
        tags,
        summary: 'Settle a reservation',
        description: 'Without `actual`, by what is held. Only the first settlement counts.',
        body: Committing,
        response: { 200: Settlement },
      },
    },
    ({ body: { id, actual } }) => decider.commit(id, actual),
  )

  app.post(
    '/cancel',
    {
      config,
      schema: { tags, summary: 'Give a reservation back', body: Cancelling, response: { 200: Settlement } },
    },
    ({ body: { id } }) => decider.commit(id, 0),
  )
}

function answerOf(decision: Decision, { name, priority }: Plan) {
  const { allowed, cost, remaining, resetAfterMs, retryAfterMs, delayMs, binding, degraded, shadow, limits } =
    decision
  return {
    allowed,
    cost,
    remaining,
    resetAfterMs,
    retryAfterMs,
    delayMs,
    binding,
    degraded,
    shadow,
    limits,
    plan: name,
    priority,
  }
}

/** What a client is told of its limits. How the body looks is for who writes one. */
function headersOf(fields: Verdict['fields']): { readonly [name: string]: string } {
  return Object.fromEntries(fields.filter(([name]) => name !== 'content-type' && name !== 'cache-control'))
}
