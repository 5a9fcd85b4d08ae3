import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** As a whole number is written where there are only texts. */
const WHOLE = /^-?\d{1,16}$/

/**
 * Checks requests by their schemas. Nothing is made to fit: a cost of "", "0.9" or "false" that was taken for 0 would be a
 * decision about nothing, and nobody would notice.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema)
  return (given) => {
    const value: unknown = httpPart === 'querystring' ? withNumbers(given, schema) : given
    return compiled.Check(value) ? { value } : { error: compiled.Errors(value) }
  }
}

/** A query is of texts: those that are to be numbers, and are written as such, become some. */
function withNumbers(query: object, { properties = {} }: Fields): object {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]: [string, unknown]) => {
      const isNumber = properties[name]?.type === 'integer' && typeof value === 'string' && WHOLE.test(value)
      return [name, isNumber ? Number(value) : value]
    }),
  )
}

/** What there may be in a query. */
interface Fields {
  readonly properties?: { readonly [name: string]: { readonly type?: string } }
}
