import { spawnSync } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { unpackDebian } from './debian.ts'

/** A browser that can be started. */
export interface Chromium {
  readonly executablePath: string
  /** The whole environment to start it in. */
  readonly env: { readonly [name: string]: string }
  readonly args: readonly string[]
  readonly what: string
}

/** Nothing of it leaves the machine, and nothing of it needs a screen. */
const ARGS = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** What the packed browser is linked against, beyond what every Debian has. */
const LIBRARIES = ['libnss3', 'libnspr4', 'libsqlite3-0']
const CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'chromium')

/**
 * The machine's own Chromium, or the one that `@sparticuz/chromium` packs for Linux on x64. Undefined where there is neither.
 *
 * @param from a file of the package that depends on `@sparticuz/chromium`
 */
export async function findChromium(from: string): Promise<Chromium | undefined> {
  const installed = (process.env['PATH'] ?? '')
    .split(delimiter)
    .concat('/usr/bin')
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(existsSync)
  if (installed !== undefined) return started(installed)
  const packed = await unpackChromium(from)
  return packed === undefined ? undefined : (started(packed) ?? started(packed, unpackedLibraries()))
}

/** Undefined where it doesn't start, which is mostly for want of a library. */
function started(executablePath: string, libraries?: string): Chromium | undefined {
  const env = { ...definedEnv(), ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }) }
  const { status, stdout } = spawnSync(executablePath, ['--version'], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return status === 0 ? { executablePath, env, args: ARGS, what: stdout.trim() } : undefined
}

async function unpackChromium(from: string): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const entry = entryOf(from)
  if (entry === undefined) return undefined
  const folder = dirname(dirname(entry))
  const { version } = createRequire(from)(join(folder, 'package.json')) as { version: string }
  const executable = join(CACHE, `chromium-${version}`)
  if (existsSync(executable)) return executable
  mkdirSync(CACHE, { recursive: true })
  // Whole or not at all: another run may be doing the same.
  const part = `${executable}.${process.pid}`
  await pipeline(
    createReadStream(join(folder, 'bin', 'chromium.br')),
    createBrotliDecompress(),
    createWriteStream(part, { mode: 0o755 }),
  )
  renameSync(part, executable)
  return executable
}

function entryOf(from: string): string | undefined {
  try {
    return createRequire(from).resolve('@sparticuz/chromium')
  } catch {
    return undefined // optional, and not installed
  }
}

function unpackedLibraries(): string | undefined {
  const root = unpackDebian('chromium-libraries', LIBRARIES)
  if (root === undefined) return undefined
  return ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu']
    .map((folder) => join(root, folder))
    .filter(existsSync)
    .join(':')
}

function definedEnv(): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
