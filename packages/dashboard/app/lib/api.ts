import { answered, unanswered } from './connection.ts'
import { isOwn, Problem, problemOf } from './problem.ts'
import { logOut, token } from './session.ts'
import type {
  Assignment,
  ChangePage,
  Live,
  PlanOptions,
  Plans,
  SubjectDetail,
  SubjectPage,
  UsageRow,
  Who,
} from './types.ts'

interface Asking {
  readonly method?: 'PUT' | 'POST' | 'DELETE'
  readonly body?: unknown
  /** Of the plans that the change goes by. */
  readonly revision?: number
  readonly signal?: AbortSignal | undefined
  /** Instead of the one of the session. */
  readonly as?: string
}

/** What may be asked for; empty values are left out. */
export type Query = { readonly [name: string]: string | number | readonly string[] | undefined }

async function ask(path: string, { method, body, revision, signal, as }: Asking = {}): Promise<Response> {
  const bearer = as ?? token.value
  let response: Response
  try {
    // Relative: the service may stand under a path of a proxy.
    response = await fetch(`v1/${path}`, {
      method: method ?? 'GET',
      cache: 'no-store',
      credentials: 'omit',
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(revision !== undefined && { 'if-match': `"${revision}"` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    unanswered()
    throw new Problem(0, 'UNREACHABLE', 'The service does not answer.')
  }
  const isService = isOwn(response)
  if (!isService && AWAY.has(response.status)) unanswered()
  else answered()
  if (response.ok && isService) return response
  if (response.ok)
    throw new Problem(
      response.status,
      'ANOTHER_ANSWER',
      'Something else answered in the service’s place. Reload the page: it may want you to log in there.',
    )
  // Of a token that was replaced meanwhile nothing follows.
  if (response.status === 401 && isService && as === undefined && bearer === token.value)
    logOut('The service no longer takes the token. Log in again.')
  throw await problemOf(response)
}

/** What a proxy says of a service that is away. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504])

async function json<T>(path: string, asking?: Asking): Promise<T> {
  return read(await ask(path, asking), (response) => response.json() as Promise<T>, asking?.signal)
}

/** An answer that breaks off is none. */
async function read<T>(
  response: Response,
  body: (response: Response) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await body(response)
  } catch (error) {
    if (signal?.aborted) throw error
    unanswered()
    throw new Problem(0, 'UNREACHABLE', 'The service’s answer broke off.')
  }
}

function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    // An empty list says something, an empty text doesn't.
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  return search.size === 0 ? path : `${path}?${search}`
}

/** @throws Problem for what no browser can put into a path */
function subjectPath(subject: string, rest = ''): string {
  if (subject === '.' || subject === '..' || !subject.isWellFormed())
    throw new Problem(
      0,
      'INVALID_KEY',
      'A browser can’t ask for this customer: its id can’t be part of a path.',
    )
  return `subjects/${encodeURIComponent(subject)}${rest}`
}

function planPath(name: string): string {
  return `plans/${encodeURIComponent(name)}`
}

type Signal = AbortSignal | undefined

export const api = {
  whoami: (as: string, signal?: Signal) => json<Who>('whoami', { as, signal }),
  live: (seconds: number, signal?: Signal) => json<Live>(withQuery('live', { seconds }), { signal }),

  plans: (signal?: Signal) => json<Plans>('plans', { signal }),
  putPlan: (name: string, body: PlanOptions, revision: number) =>
    ask(planPath(name), { method: 'PUT', body, revision }),
  deletePlan: (name: string, revision: number) => ask(planPath(name), { method: 'DELETE', revision }),
  setDefault: (plan: string, revision: number) => ask('default', { method: 'PUT', body: { plan }, revision }),
  replacePlans: (body: Pick<Plans, 'default' | 'plans'>, revision: number) =>
    ask('plans', { method: 'PUT', body, revision }),

  subjects: (query: Query, signal?: Signal) => json<SubjectPage>(withQuery('subjects', query), { signal }),
  subject: async (subject: string, signal?: Signal) => json<SubjectDetail>(subjectPath(subject), { signal }),
  putSubject: async (subject: string, body: Assignment) =>
    json<SubjectDetail>(subjectPath(subject), { method: 'PUT', body }),
  deleteSubject: async (subject: string) => ask(subjectPath(subject), { method: 'DELETE' }),
  resetSubject: async (subject: string) => ask(subjectPath(subject, '/reset'), { method: 'POST' }),

  usage: (query: Query, signal?: Signal) =>
    json<{ readonly rows: readonly UsageRow[] }>(withQuery('usage', query), { signal }),
  usageCsv: async (query: Query) => read(await ask(withQuery('usage.csv', query)), (csv) => csv.blob()),

  changes: (query: Query, signal?: Signal) => json<ChangePage>(withQuery('changes', query), { signal }),
}
