/** Why a request did not do what it should: the service's problem details, or that there was no answer. */
export class Problem extends Error {
  /** 0 where nobody answered. */
  readonly status: number
  readonly code: string
  /** Which field is at fault. */
  readonly option: string | undefined

  /** @param message a sentence, or some, with what is to be done about it */
  constructor(status: number, code: string, message: string, option?: string | undefined) {
    super(message)
    this.status = status
    this.code = code
    this.option = option
  }
}

export function toProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'DASHBOARD', String(error))
}

/** Whether an answer is the service's own: a proxy in between knows nothing of problem details, and has pages for people. */
export function isOwn(response: Response): boolean {
  const type = response.headers.get('content-type') ?? ''
  return response.ok
    ? response.status === 204 || /^(?:application\/json|text\/csv)\b/.test(type)
    : type.startsWith('application/problem+json')
}

/** An answer that says no, of whomever. */
export async function problemOf(response: Response): Promise<Problem> {
  const { status } = response
  const body: unknown = await response.json().catch(() => undefined)
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const text = (name: string): string | undefined => {
    const value = fields[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const detail = text('detail') ?? text('title') ?? `The answer was ${status} ${response.statusText}`.trim()
  return new Problem(status, text('code') ?? `HTTP_${status}`, sentences(detail, text('fix')), text('option'))
}

/** What went wrong, and what to do about it, which some answers say within the one already. */
export function sentences(detail: string, fix: string | undefined): string {
  const all = fix === undefined || detail.endsWith(fix) ? detail : `${detail}. ${fix}`
  return /[.!?…]$/.test(all) ? all : `${all}.`
}

/** Whether somebody else changed meanwhile what was to be changed. */
export function isConflict(problem: Problem): boolean {
  return problem.status === 412 || problem.code === 'CHANGE_CONFLICT'
}
