import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where what was unpacked is kept from run to run. */
const CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'debian')

/**
 * Unpacks Debian packages into a folder of ours, without being root and without installing anything. Returns the folder, or
 * undefined where that can't be: no Debian, or no mirror.
 */
export function unpackDebian(name: string, packages: readonly string[]): string | undefined {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  if (run('dpkg', ['--version']) === undefined) return undefined
  const work = mkdtempSync(join(tmpdir(), 'headgate-apt-'))
  try {
    // Lists of its own: the machine's may be absent or old, and are not ours to change.
    const own = [`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}/cache`].flatMap((option) => [
      '-o',
      option,
    ])
    for (const folder of ['lists/partial', 'cache/archives/partial', 'root']) {
      mkdirSync(join(work, folder), { recursive: true })
    }
    if (run('apt-get', [...own, '-qq', 'update'], work) === undefined) return undefined
    if (run('apt-get', [...own, '-qq', 'download', ...packages], work) === undefined) return undefined
    for (const file of readdirSync(work).filter((file) => file.endsWith('.deb'))) {
      if (run('dpkg', ['-x', file, 'root'], work) === undefined) return undefined
    }
    mkdirSync(CACHE, { recursive: true })
    // Whole or not at all: another run may be doing the same.
    if (run('cp', ['-r', join(work, 'root'), `${folder}.${process.pid}`]) === undefined) return undefined
    if (existsSync(folder)) rmSync(`${folder}.${process.pid}`, { recursive: true })
    else renameSync(`${folder}.${process.pid}`, folder)
    return folder
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function run(command: string, args: readonly string[], cwd?: string): string | undefined {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  return status === 0 ? stdout : undefined
}
