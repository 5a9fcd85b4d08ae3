import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpackDebian } from './debian.ts'
import { freePort, listen, type Service } from './service.ts'

/** Who runs it where we are root, which it refuses: "nobody". */
const NOBODY = 65534

/**
 * Starts PgBouncer in transaction mode before a server, with two connections to it: clients share them, a transaction each.
 * Undefined where it can't be had.
 */
export async function startPgbouncer(serverUrl: string): Promise<Service | undefined> {
  const root = unpackDebian('pgbouncer', ['pgbouncer', 'libc-ares2', 'libevent-2.1-7'])
  if (root === undefined) return undefined
  const base = mkdtempSync(join(tmpdir(), 'headgate-pgbouncer-'))
  // The cache may lie where nobody can't read.
  const own = join(base, 'root')
  cpSync(root, own, { recursive: true, verbatimSymlinks: true })
  chmodSync(base, 0o755)

  const { hostname, port: serverPort, username, pathname } = new URL(serverUrl)
  const port = await freePort()
  const database = pathname.slice(1)
  writeFileSync(
    join(base, 'pgbouncer.ini'),
    `[databases]
${database} = host=${hostname} port=${serverPort} user=${username} dbname=${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
`,
  )
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  const libraries = [join(own, 'usr', 'lib', triplet), join(own, 'lib', triplet)].filter(existsSync)
  try {
    const listener = await listen(port, join(own, 'usr', 'sbin', 'pgbouncer'), ['pgbouncer.ini'], {
      ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
      cwd: base,
      env: { PATH: process.env['PATH'], LD_LIBRARY_PATH: libraries.join(':') },
    })
    return {
      url: `postgres://${username}@127.0.0.1:${port}/${database}`,
      what: 'PgBouncer in transaction mode',
      async stop() {
        await listener.stop('SIGINT')
        rmSync(base, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(base, { recursive: true, force: true })
    throw error
  }
}
