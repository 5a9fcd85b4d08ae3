import schema from '@headgate/plans/schema.json' with { type: 'json' }

/** A part of a JSON document. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const PROBLEM: Json = {
  type: 'object',
  description: 'Problem details (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable, for programs' },
    option: { type: 'string', description: 'Which field or parameter is at fault' },
    fix: { type: 'string', description: 'What to do' },
  },
}

/**
 * The description of the API, as the routes say it, with the schemas of plans in it, which their own package has; and with
 * what every operation can answer that goes wrong.
 */
export function describe(document: object): object {
  const { paths, components, ...rest } = resolve(document as Json) as { readonly [key: string]: Json }
  const { $defs, properties } = schema as unknown as {
    readonly [key: string]: { readonly [name: string]: Json }
  }
  const ofPlans = properties as unknown as {
    readonly plans: { readonly additionalProperties: Json }
    readonly subjects: { readonly additionalProperties: { readonly anyOf: readonly [Json, Json] } }
  }
  const schemas: { readonly [name: string]: Json } = {
    ...($defs as { readonly [name: string]: Json }),
    Plan: ofPlans.plans.additionalProperties,
    Assignment: ofPlans.subjects.additionalProperties.anyOf[1],
    Limit: ($defs as { readonly [name: string]: Json })['limit'] ?? {},
    Problem: PROBLEM,
  }
  return {
    ...rest,
    paths: withProblems(paths as { readonly [path: string]: { readonly [method: string]: Json } }),
    components: { ...(components as object), schemas: resolve(schemas) },
  }
}

/** Points at the components: from where a route has only their name, and from within the schemas of plans. */
function resolve(json: Json): Json {
  if (Array.isArray(json)) return json.map(resolve)
  if (typeof json !== 'object' || json === null) return json
  const { 'x-component': component, ...fields } = json as { readonly [key: string]: Json }
  if (typeof component === 'string') return { $ref: `#/components/schemas/${component}` }
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string'
        ? value.replace('#/$defs/', '#/components/schemas/')
        : resolve(value),
    ]),
  )
}

function withProblems(paths: { readonly [path: string]: { readonly [method: string]: Json } }): Json {
  const problem = {
    description: 'What is wrong, and what to do',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  return Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [
      path,
      Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => {
          const { responses, ...rest } = operation as { readonly [key: string]: Json }
          return [method, { ...rest, responses: { default: problem, ...(responses as object) } }]
        }),
      ),
    ]),
  )
}
