import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dashboardFiles } from '@headgate/dashboard'
import { build } from 'vite'

/**
 * Builds the dashboard where the service looks for it: what is tested is never from before. Where it is the same already, it is left
 * alone, since other tests may be reading it.
 */
export async function buildDashboard(): Promise<void> {
  const target = fileURLToPath(dashboardFiles).replace(/\/$/, '')
  const fresh = mkdtempSync(join(tmpdir(), 'headgate-dashboard-'))
  const before = process.env['NODE_ENV']
  try {
    // As it is published: the test runner says "test", with which Vite builds otherwise.
    process.env['NODE_ENV'] = 'production'
    const configFile = join(target, '..', '..', 'vite.config.ts')
    await build({ configFile, logLevel: 'warn', build: { outDir: fresh, emptyOutDir: true } })
    if (existsSync(target) && contentOf(target) === contentOf(fresh)) return
    // Next to it first, so that it is there as a whole or not at all.
    cpSync(fresh, `${target}.${process.pid}`, { recursive: true })
    rmSync(target, { recursive: true, force: true })
    renameSync(`${target}.${process.pid}`, target)
  } finally {
    if (before !== undefined) process.env['NODE_ENV'] = before
    rmSync(fresh, { recursive: true })
  }
}

function contentOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
  return files.map((file) => `${file.slice(folder.length)}\n${readFileSync(file, 'utf8')}`).join('\n')
}
