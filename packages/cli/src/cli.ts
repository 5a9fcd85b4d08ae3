import { readFileSync } from 'node:fs'
import { HeadgateError } from '@headgate/core'
import { plain } from './terminal.ts'

const HELP = `Headgate: rate limits as a service, and tried out before they are in force.

  headgate serve      the service: decisions over HTTP, plans, usage, and a dashboard
  headgate replay     replay a log through limits, and see what they would have allowed and denied
  headgate migrate    make or update what Headgate needs in a PostgreSQL database
  headgate demo       a live server with plans under load, for ten seconds, and a replay of its log

  headgate <command> --help
  headgate --version
`

/** The commands, loaded when they are asked for. */
const commands: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<number>>>> = {
  serve: async () => (await import('./serve/command.ts')).serveCommand,
  replay: async () => (await import('./replay/command.ts')).replayCommand,
  migrate: async () => (await import('./migrate/command.ts')).migrateCommand,
  demo: async () => (await import('./demo/command.ts')).demoCommand,
}

/** Runs a command line. Resolves with the exit code: 2 for bad usage, 1 for a failure; never throws. */
export async function run(args: readonly string[]): Promise<number> {
  // Whoever reads the output may have seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const [name, ...rest] = args
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(HELP)
      return 0
    }
    if (name === '--version' || name === '-v') {
      process.stdout.write(`${version()}\n`)
      return 0
    }
    if (!Object.hasOwn(commands, name)) {
      return fail(
        2,
        `there is no command ${JSON.stringify(plain(name, 40))}. Use serve, replay, migrate or demo; see headgate --help`,
      )
    }
    const command = await commands[name]?.()
    return (await command?.(rest)) ?? 1
  } catch (error) {
    return explain(error)
  }
}

function explain(error: unknown): number {
  if (error instanceof HeadgateError) return fail(error.code.startsWith('STORE_') ? 1 : 2, error.message)
  const { code, path, message } = error as NodeJS.ErrnoException
  if (path !== undefined) return fail(1, `can't read ${path}: ${SYSTEM[code ?? ''] ?? message}`)
  return fail(1, message)
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a directory',
}

function fail(code: number, message: string): number {
  process.stderr.write(`headgate: ${plain(message, 1_000)}\n`)
  return code
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
