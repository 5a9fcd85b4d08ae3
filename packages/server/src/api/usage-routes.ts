import { Readable } from 'node:stream'
import { toCsv, type UsageQuery } from '@headgate/usage'
import { type Static, Type } from 'typebox'
import { RequestError } from '../problem.ts'
import type { Routes } from './app.ts'
import { asText, OneOf, Subject } from './schemas.ts'

const tags = ['usage']
const config = { scope: 'read' } as const

const Moment = 'A date, such as "2026-03-01", or a moment with its time zone; on a quarter hour'
const Query = Type.Object({
  from: Type.String({ description: `${Moment}` }),
  to: Type.String({ description: 'The first moment that is not counted any more' }),
  by: OneOf(['hour', 'day', 'month', 'total']),
  timeZone: Type.Optional(Type.String({ description: 'An IANA time zone; "UTC" unless told' })),
  subject: Type.Optional(Subject),
  meter: Type.Optional(Type.String()),
  plan: Type.Optional(Type.String({ description: 'Empty for those without one' })),
  groupBy: Type.Optional(
    Type.String({
      description:
        'By what rows are told apart: "subject", "meter" and "plan", with commas; "meter" unless told',
    }),
  ),
})
const Row = Type.Object({
  start: Type.String(),
  end: Type.String(),
  subject: Type.Optional(Type.String()),
  meter: Type.Optional(Type.String()),
  plan: Type.Optional(Type.String()),
  requests: Type.Integer(),
  denied: Type.Integer(),
  units: Type.Integer(),
  deniedUnits: Type.Integer(),
})

/** Who used how much. */
export const usageRoutes: Routes = (app, { options }) => {
  const usageNow = async () => {
    const { usage } = options
    if (usage === undefined) {
      const fix = 'Give the service a ledger: `usage: createUsage({ ledger })`'
      throw new RequestError(404, 'NOT_FOUND', 'This service keeps no usage', { fix })
    }
    // What waits to be written is this process's own, and would be missed.
    await usage.flush()
    return usage
  }

  app.get(
    '/usage',
    {
      config,
      schema: {
        tags,
        summary: 'What was used, by time',
        querystring: Query,
        response: { 200: Type.Object({ rows: Type.Array(Row) }) },
      },
    },
    async ({ query }) => {
      const usage = await usageNow()
      return { rows: await usage.query(queryOf(query)) }
    },
  )

  app.get(
    '/usage.csv',
    {
      config,
      schema: {
        tags,
        summary: 'The same as a file, however long',
        description: 'Told apart by subject, meter and plan unless `groupBy` says otherwise.',
        querystring: Query,
        response: { 200: asText('text/csv', 'With a line of names first') },
      },
    },
    async ({ query, log }, reply) => {
      const usage = await usageNow()
      // What is wrong with the query shows now, while it can still be said.
      const rows = usage.export(queryOf(query))
      const name = `usage ${query.from} to ${query.to}`.replaceAll(/[^\w .-]/g, '-')
      reply.header('content-type', 'text/csv; charset=utf-8; header=present')
      reply.header('content-disposition', `attachment; filename="${name}.csv"`)
      const file = Readable.from(toCsv(rows))
      // It is cut off then, and nobody but the log can be told why.
      file.once('error', (error) => log.error({ err: error }, 'a file was cut off'))
      return reply.send(file)
    },
  )
}

function queryOf({ groupBy, ...query }: Static<typeof Query>): UsageQuery {
  if (groupBy === undefined) return query
  // Which fields there are, usage itself says.
  const fields = groupBy === '' ? [] : groupBy.split(',')
  return { ...query, groupBy: fields as NonNullable<UsageQuery['groupBy']> }
}
