import { invalidOption } from '@headgate/core'
import type { Plan, PlanOptions } from '@headgate/plans'
import { Type } from 'typebox'
import { pointedAt } from '../pointed-at.ts'
import { RequestError } from '../problem.ts'
import type { Change } from '../registry/registry.ts'
import type { Routes } from './app.ts'
import { PlanName, Revision, ref } from './schemas.ts'

const tags = ['plans']
const Named = Type.Object({ name: PlanName })
const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description: 'The `ETag` of the plans that you have seen: refused if they are others now',
    }),
  ),
})

/** The plans as a whole have a revision, since they build on each other. */
export const planRoutes: Routes = (app, { book }) => {
  const write = async (
    change: Change,
    { bearer, headers }: { bearer: { name: string } | undefined; headers: { 'if-match'?: string } },
  ): Promise<{ readonly revision: number } | undefined> => {
    const revision = await book.write(change, {
      actor: bearer?.name ?? '',
      revision: revisionIn(headers['if-match']),
    })
    return revision === undefined ? undefined : { revision }
  }

  app.get(
    '/plans',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        summary: 'The plans, as they are written and as they are in force',
        response: {
          200: Type.Object({
            revision: Type.Integer(),
            default: Type.String({ description: 'The plan of whoever is assigned to none' }),
            readOnly: Type.Boolean({ description: 'Whether they are changed elsewhere, in a file' }),
            plans: Type.Record(Type.String(), ref('Plan')),
            compiled: Type.Record(
              Type.String(),
              Type.Object({ priority: Type.Integer(), limits: Type.Record(Type.String(), ref('Limit')) }),
            ),
          }),
        },
      },
    },
    async (_request, reply) => {
      const { revision, default: name, plans, made } = book.current
      reply.header('etag', `"${revision}"`)
      const compiled = Object.fromEntries(
        Object.values<Plan>(made).map(({ name, priority, limits }) => [name, { priority, limits }]),
      )
      return { revision, default: name, readOnly: book.readOnly, plans, compiled }
    },
  )

  app.put(
    '/plans',
    {
      config: { scope: 'manage' },
      // Many plans are long.
      bodyLimit: 4 * 1_048_576,
      schema: {
        tags,
        summary: 'Replace all plans',
        headers: IfMatch,
        body: Type.Object(
          { default: PlanName, plans: Type.Record(Type.String(), ref<PlanOptions>('Plan')) },
          { additionalProperties: false },
        ),
        response: { 200: Revision },
      },
    },
    (request) => write({ type: 'plans.replaced', ...request.body }, request),
  )

  app.put(
    '/plans/:name',
    {
      config: { scope: 'manage' },
      schema: {
        tags,
        summary: 'Make or change a plan',
        params: Named,
        headers: IfMatch,
        body: ref<PlanOptions>('Plan'),
        response: { 200: Revision },
      },
    },
    (request) => {
      const { name } = request.params
      const others = Object.keys(book.current.plans).map((other) => `plans.${other}`)
      return pointedAt(
        `plans.${name}`,
        () => write({ type: 'plan.set', plan: name, options: request.body }, request),
        others,
      )
    },
  )

  app.delete(
    '/plans/:name',
    {
      config: { scope: 'manage' },
      schema: {
        tags,
        summary: 'Delete a plan that nobody is on',
        params: Named,
        headers: IfMatch,
        response: { 200: Revision },
      },
    },
    async (request) => {
      const { name } = request.params
      const done = await write({ type: 'plan.deleted', plan: name }, request)
      if (done === undefined) throw new RequestError(404, 'UNKNOWN_PLAN', 'There is no such plan')
      return done
    },
  )

  app.put(
    '/default',
    {
      config: { scope: 'manage' },
      schema: {
        tags,
        summary: 'Say which plan is that of whoever is assigned to none',
        headers: IfMatch,
        body: Type.Object({ plan: PlanName }, { additionalProperties: false }),
        response: { 200: Revision },
      },
    },
    (request) => write({ type: 'default.set', plan: request.body.plan }, request),
  )
}

function revisionIn(field: string | undefined): number | undefined {
  if (field === undefined || field.trim() === '*') return undefined
  const [, digits] = /^\s*(?:W\/)?"(\d{1,15})"\s*$/.exec(field) ?? []
  if (digits !== undefined) return Number(digits)
  throw invalidOption(
    'If-Match',
    field,
    'one ETag of GET /v1/plans',
    'Leave it out to change the plans as they are',
  )
}
