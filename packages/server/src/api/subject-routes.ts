import { type Limit, type LimitFigures, showValue } from '@headgate/core'
import type { Assignment } from '@headgate/plans'
import { checkSubject } from '@headgate/usage'
import { Type } from 'typebox'
import { pointedAt } from '../pointed-at.ts'
import { RequestError } from '../problem.ts'
import type { Routes } from './app.ts'
import { nothing, PlanName, pageSize, part, ref, Subject, SubjectAnswer } from './schemas.ts'

const tags = ['subjects']
const Named = Type.Object({ subject: Subject })
const Query = Type.Object({
  after: part('The `next` of the page before'),
  limit: pageSize(100),
  prefix: part('With what they begin'),
  plan: Type.Optional(PlanName),
})

/** Who is on which plan. */
export const subjectRoutes: Routes = (app, { book, decider, options: { registry } }) => {
  const answerOf = async (subject: string) => {
    const [written, { decision, plan }] = await Promise.all([
      registry.subject(subject),
      decider.peek({ subject }),
    ])
    return {
      subject,
      plan: plan.name,
      priority: plan.priority,
      assignment: written?.assignment ?? null,
      changedAt: written?.changedAt ?? null,
      degraded: decision.degraded,
      limits: Object.fromEntries(
        Object.entries<LimitFigures>(decision.limits).map(([name, figures]) => [
          name,
          { ...figures, limit: plan.limits[name] as Limit },
        ]),
      ),
    }
  }

  app.addHook('preHandler', async ({ params }) => {
    const { subject } = params as { readonly subject?: string }
    if (subject !== undefined) checkSubject(subject)
  })

  app.get(
    '/subjects',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        summary: 'Who is assigned to a plan',
        description: 'In the order of their code points. Everybody else is on the default plan.',
        querystring: Query,
        response: {
          200: Type.Object({
            subjects: Type.Array(
              Type.Object({
                subject: Type.String(),
                assignment: ref('Assignment'),
                changedAt: Type.Integer(),
              }),
            ),
            next: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
    },
    async ({ query: { limit = 100, ...query } }) => {
      const subjects = await registry.subjects({ ...query, limit })
      return { subjects, next: subjects.length < limit ? null : (subjects.at(-1)?.subject ?? null) }
    },
  )

  app.get(
    '/subjects/:subject',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        summary: 'On which plan a subject is, and what it has left',
        params: Named,
        response: { 200: SubjectAnswer },
      },
    },
    ({ params: { subject } }) => {
      return answerOf(subject)
    },
  )

  app.put(
    '/subjects/:subject',
    {
      config: { scope: 'manage' },
      schema: {
        tags,
        summary: 'Put a subject on a plan, with what is different for it',
        params: Named,
        body: ref<Assignment>('Assignment'),
        response: { 200: SubjectAnswer },
      },
    },
    async ({ params: { subject }, body, bearer }) => {
      const change = { type: 'subject.set', subject, assignment: body } as const
      await pointedAt(`subjects[${showValue(subject)}]`, () =>
        book.write(change, { actor: bearer?.name ?? '' }),
      )
      return answerOf(subject)
    },
  )

  app.delete(
    '/subjects/:subject',
    {
      config: { scope: 'manage' },
      schema: {
        tags,
        summary: 'Put a subject back on the default plan',
        params: Named,
        response: { 204: nothing('It is') },
      },
    },
    async ({ params: { subject }, bearer }, reply) => {
      const done = await book.write({ type: 'subject.deleted', subject }, { actor: bearer?.name ?? '' })
      if (done === undefined)
        throw new RequestError(404, 'NOT_FOUND', 'This subject is assigned to no plan', {
          fix: 'It is on the default plan already',
        })
      return reply.code(204).send()
    },
  )

  app.post(
    '/subjects/:subject/reset',
    {
      config: { scope: 'manage' },
      schema: {
        tags,
        summary: 'Forget what a subject has used',
        description: 'Of its limits, not of what it is billed for.',
        params: Named,
        response: { 204: nothing('It is forgotten') },
      },
    },
    async ({ params: { subject }, bearer }, reply) => {
      await decider.reset(subject)
      await book.write({ type: 'subject.reset', subject }, { actor: bearer?.name ?? '' })
      return reply.code(204).send()
    },
  )
}
