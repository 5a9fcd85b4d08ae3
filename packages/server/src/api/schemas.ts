import type { Readable } from 'node:stream'
import type { Cost, Duration } from '@headgate/core'
import { MAX_UNITS } from '@headgate/usage'
import { type TInteger, type TOptional, type TSchema, type TString, type TUnsafe, Type } from 'typebox'

// What is checked further inside, with better words, is only told here.

/** No database keeps it in a text. */
const NO_NUL = '^[^\\u0000]*$'

/** Who is limited; `checkSubject` of usage says what it may be. */
export const Subject: TUnsafe<string> = Type.Unsafe({
  description: 'What tells callers apart, such as an account id: 1 to 512 characters',
  type: 'string',
  minLength: 1,
  maxLength: 512,
  pattern: NO_NUL,
})

/** What usage would refuse is refused before it is taken. */
const Units = { type: 'integer', minimum: 0, maximum: MAX_UNITS }

export const CostOf: TUnsafe<Cost<string>> = costs('1 unless told, and 0 takes nothing')

/** What a reservation came to. */
export const Actual: TUnsafe<Cost<string>> = costs('what is held unless told, and 0 gives it all back')

function costs(unlessTold: string): TUnsafe<Cost<string>> {
  return Type.Unsafe({
    description: `A whole number for all limits, or one for each by its name, where others are 1; ${unlessTold}`,
    anyOf: [Units, { type: 'object', additionalProperties: Units }],
  })
}

export const Ttl: TUnsafe<Duration> = Type.Unsafe({
  description: 'Milliseconds, or a text such as "30s"',
  anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }],
})

export const PlanName: TString = Type.String({
  description: 'The name of a plan',
  maxLength: 64,
  pattern: NO_NUL,
})
export const Revision: TSchema = Type.Object({ revision: Type.Integer() })

/** A text with which subjects are looked for. */
export function part(description: string): TOptional<TString> {
  return Type.Optional(Type.String({ description, maxLength: 512, pattern: NO_NUL }))
}

/** How many, of what there may be more of. */
export function pageSize(unlessTold: number): TOptional<TInteger> {
  const description = `How many at most, ${unlessTold} unless told`
  return Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description }))
}

const Ms = Type.Integer({ minimum: 0 })
const MsOrNever = Type.Union([Ms, Type.Null()], { description: 'Milliseconds; null for never' })

const FIGURES = {
  allowed: Type.Boolean(),
  cost: Type.Integer(),
  remaining: Type.Integer(),
  resetAfterMs: Ms,
  retryAfterMs: MsOrNever,
  delayMs: Ms,
  shadow: Type.Boolean(),
}

const DECISION = {
  ...FIGURES,
  binding: Type.String({ description: 'The limit that decides' }),
  degraded: Type.Union([Type.String(), Type.Null()], {
    description: 'Why it was decided without the store; null when it was not',
  }),
  limits: Type.Record(Type.String(), Type.Object(FIGURES)),
  plan: Type.String(),
  priority: Type.Integer(),
}

/** A decision, and by which plan it was made. */
export const DecisionAnswer: TSchema = Type.Object(DECISION)

/** The same with what a client is to be told. */
export const ConsumeAnswer: TSchema = Type.Object({
  ...DECISION,
  headers: Type.Record(Type.String(), Type.String(), {
    description: 'Header fields that tell a client where it stands: pass them on with your response',
  }),
})

export const SubjectAnswer: TSchema = Type.Object({
  subject: Type.String(),
  plan: Type.String(),
  priority: Type.Integer(),
  assignment: Type.Union([ref('Assignment'), Type.Null()]),
  changedAt: Type.Union([Type.Integer(), Type.Null()], { description: 'Milliseconds since 1970' }),
  degraded: Type.Union([Type.String(), Type.Null()]),
  limits: Type.Record(Type.String(), Type.Object({ ...FIGURES, limit: ref('Limit') })),
})

/** What the description of the API has under `components`; it is put there by `describe`. */
export function ref<T>(name: 'Assignment' | 'Limit' | 'Plan' | 'Problem'): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'object', 'x-component': name })
}

/** One of several texts. */
export function OneOf<const Texts extends readonly string[]>(texts: Texts): TUnsafe<Texts[number]> {
  return Type.Unsafe({ type: 'string', enum: [...texts] })
}

/** An answer without a body. */
export function nothing(description: string): TUnsafe<undefined> {
  return Type.Unsafe({ type: 'null', description })
}

/** An answer that is no JSON. */
interface TextAnswer {
  readonly description: string
  readonly content: { readonly [kind: string]: { readonly schema: TUnsafe<string | Readable> } }
}

/** An answer that is no JSON, as a text or as a stream of one. */
export function asText(kind: string, description: string): TextAnswer {
  return { description, content: { [kind]: { schema: Type.Unsafe<string | Readable>({ type: 'string' }) } } }
}
