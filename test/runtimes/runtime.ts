import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Served } from '../frameworks/framework.ts'
import { freePort, listen } from '../services/src/service.ts'
import { binaryOf } from './binary.ts'
import { startForwardingProxy } from './forwarding-proxy.ts'

/** A runtime under test. */
export interface Runtime {
  readonly name: string
  /** What guards are in, here: the first part of a path. */
  readonly shells: readonly string[]
  /** Why it can't be run here, if it can't. */
  readonly missing?: string | undefined
  /** Starts the common application under it, on a free port. */
  start(): Promise<Served>
}

const folder = import.meta.dirname
/** Packages are read from their sources, so nothing need be built; and nothing is fetched. */
const SOURCES = '--conditions=@headgate/source'
const DENO_OFFLINE = ['--no-remote', '--cached-only', '--no-lock', '--no-config', '--node-modules-dir=manual']
const DENO_MAY = ['--allow-net=127.0.0.1', '--allow-env=PORT', '--allow-read']

export const RUNTIMES: readonly Runtime[] = [
  {
    name: 'Node',
    shells: ['fetch', 'hono'],
    start: () => run(process.execPath, [SOURCES, 'apps/node.ts']),
  },
  fromNpm('Bun', binaryOf('bun', 'bin/bun'), [SOURCES, '--no-install', 'apps/bun.ts']),
  fromNpm('Deno', binaryOf('deno', 'deno'), ['run', SOURCES, ...DENO_OFFLINE, ...DENO_MAY, 'apps/deno.ts']),
  { name: 'Next.js', shells: ['fetch', 'hono', 'proxy'], start: startNext },
]

function fromNpm(name: string, binary: string | undefined, args: readonly string[]): Runtime {
  const missing = `npm installed no ${name} for ${process.platform}-${process.arch}`
  return {
    name,
    shells: ['fetch', 'hono'],
    missing: binary === undefined ? missing : undefined,
    start: () => run(binary ?? name, args),
  }
}

/** Its route handlers can't see the socket, so it stands behind a proxy, as it should. */
async function startNext(): Promise<Served> {
  const cwd = join(folder, 'next')
  const next = join(
    dirname(createRequire(import.meta.url).resolve('next/package.json')),
    'dist',
    'bin',
    'next',
  )
  await promisify(execFile)(process.execPath, [next, 'build'], { cwd, env: environment(tmpdir()) })
  const server = await run(process.execPath, [next, 'start', '--hostname', '127.0.0.1'], cwd)
  const proxy = await startForwardingProxy(server.port)
  return {
    port: proxy.port,
    async close() {
      await proxy.close()
      await server.close()
    },
  }
}

/** Starts a program that listens on `PORT`. What it caches is gone with it. */
async function run(command: string, args: readonly string[], cwd = folder): Promise<Served> {
  const home = await mkdtemp(join(tmpdir(), 'headgate-runtime-'))
  const port = await freePort()
  const env = { ...environment(home), PORT: String(port) }
  const server = await listen(port, command, args, { cwd, env })
  return {
    port,
    async close() {
      await server.stop('SIGTERM')
      await rm(home, { recursive: true, force: true })
    },
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    DENO_DIR: home,
    DENO_NO_UPDATE_CHECK: '1',
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
  }
}
