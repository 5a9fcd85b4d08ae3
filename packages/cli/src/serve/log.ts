import { hostname } from 'node:os'

/** Lines of JSON on standard output, as the service's own. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
  /** For pino, with which the service itself logs. */
  readonly pino: { readonly level: string; readonly stream: { write(line: string): void } }
}

/** As pino numbers them, which the service logs with. */
const LEVELS = { info: 30, warn: 40, error: 50 } as const
/** What is wrong with a server is noticed many times a second: the same is said again only after so long. */
const AGAIN_MS = 10_000
const MAX_KNOWN = 100

/** Pino writes here as well: to a full disk it would try again and again by itself, and nothing else would be done meanwhile. */
export function createLog(quiet: boolean): Log {
  const stream = { write: (line: string) => void process.stdout.write(line) }
  const known = new Map<string, number>()
  const write = (level: keyof typeof LEVELS, msg: string): void => {
    const time = Date.now()
    if (level !== 'info') {
      if (time - (known.get(msg) ?? 0) < AGAIN_MS) return
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(msg, time)
    }
    const line = { level: LEVELS[level], time, pid: process.pid, hostname: hostname(), msg }
    stream.write(`${JSON.stringify(line)}\n`)
  }
  return {
    pino: { level: quiet ? 'warn' : 'info', stream },
    info: quiet ? () => {} : (message) => write('info', message),
    warn: (message) => write('warn', message),
    error: (message) => write('error', message),
  }
}

/** What an error says, and what it says of its cause where it says nothing itself. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  // Of several addresses none answered.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause]
  return first === undefined ? error.name : reasonOf(first)
}
