import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { tempFolder } from './support.ts'

/** How a service is started. */
export interface ServeSetup {
  /** The folder it runs in; a new one unless told. */
  readonly cwd?: string
  /** Variables beside those of the test. */
  readonly env?: Readonly<Record<string, string>>
  /** Code that is run before it. */
  readonly before?: string
  /** Gives the port itself; else it is any that is free. */
  readonly port?: number
  /** Open files that its log, and what it tells at the start, go to; else they are told by `log` and `stderr`. */
  readonly stdout?: number
  readonly stderr?: number
}

/** A `headgate serve` in a process of its own. */
export interface Serving {
  readonly url: string
  /** The tokens that it made and printed. */
  readonly tokens: { readonly decide: string; readonly manage: string }
  readonly child: ChildProcess
  /** What it logged. */
  stdout(): string
  /** What it told at the start, and if it failed. */
  stderr(): string
  /** Its log, a record a line. */
  log(): { readonly level: number; readonly msg: string }[]
  /** Sends a signal, and resolves with how it ended. */
  end(signal?: NodeJS.Signals): Promise<Ended>
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>
}

/** Its exit code, or the signal that ended it. */
export type Ended = number | NodeJS.Signals | null

/** What it answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON it is
  readonly body: any
}

/** Starts `headgate serve` from its sources. Resolves once it listens; rejects with what it told if it ends before. */
export async function serve(args: readonly string[], setup: ServeSetup = {}): Promise<Serving> {
  const started = start(args, setup)
  const { child, stderr, ended } = started
  const listening = /^Headgate listens on (\S+)$/m
  while (!listening.test(stderr())) {
    const outcome = await Promise.race([ended, sleep(20, 'waiting')])
    if (outcome !== 'waiting') throw new Error(`it ended with ${outcome}: ${stderr()}`)
  }
  const url = listening.exec(stderr())?.[1] ?? ''
  const manage = /#token=(\S+)/.exec(stderr())?.[1] ?? ''
  const decide = /authorization: Bearer ([\w-]+)"/.exec(stderr())?.[1] ?? ''
  return {
    ...started,
    url,
    tokens: { decide, manage },
    end(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

/** Starts one that is to fail, and resolves with how it did. */
export async function serveInVain(
  args: readonly string[],
  setup: ServeSetup = {},
): Promise<{ readonly code: Ended; readonly stdout: string; readonly stderr: string }> {
  const { stdout, stderr, ended } = start(args, setup)
  const code = await ended
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Starts one, however that goes. */
export function start(
  args: readonly string[],
  { cwd = tempFolder(), env = {}, before, port = 0, ...files }: ServeSetup,
) {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const flags = process.features.typescript ? [] : ['--experimental-strip-types']
  if (before !== undefined) flags.push('--import', `data:text/javascript,${encodeURIComponent(before)}`)
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('HEADGATE_'))
  const child = spawn(
    process.execPath,
    [
      ...flags,
      '--disable-warning=ExperimentalWarning',
      '--conditions=@headgate/source',
      main,
      'serve',
      ...(args.includes('--port') ? [] : ['--port', `${port}`]),
      ...args,
    ],
    {
      cwd,
      env: { ...Object.fromEntries(own), ...env },
      stdio: ['ignore', files.stdout ?? 'pipe', files.stderr ?? 'pipe'],
    },
  )
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    stdout += part
  })
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    stderr += part
  })
  const ended = once(child, 'close').then(([code, signal]): Ended => code ?? signal)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    log: () =>
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ended,
  }
}

/** Asks it, with a token of scope `manage` unless told otherwise. */
export async function ask(
  { url, tokens }: Pick<Serving, 'url' | 'tokens'>,
  request: string,
  { body, token = tokens.manage }: { readonly body?: unknown; readonly token?: string } = {},
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ')
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** Takes one unit of a subject. */
export async function consume(
  serving: Pick<Serving, 'url' | 'tokens'>,
  subject = 'acme',
  cost = 1,
): Promise<Answer> {
  return ask(serving, 'POST /v1/consume', { body: { subject, cost } })
}

/** Asks again and again until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it never came to be: ${what}`)
    await sleep(50)
  }
}
