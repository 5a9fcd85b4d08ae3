// Packs each public package as it would be published, and has the tarball judged by publint and attw.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { capture } from './run-child.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const packs = join(root, '.packs')

function publicPackages() {
  return readdirSync(join(root, 'packages'))
    .map((folder) => ({
      folder: join(root, 'packages', folder),
      file: join(root, 'packages', folder, 'package.json'),
    }))
    .map(({ folder, file }) => ({ folder, ...JSON.parse(readFileSync(file, 'utf8')) }))
    .filter((manifest) => !manifest.private)
}

async function judge(manifest) {
  const tarball = join(packs, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
  const steps = [
    ['pnpm', ['pack', '--pack-destination', packs]],
    ['publint', ['run', tarball, '--strict']],
  ]
  // attw looks at what can be imported; a package that is only a command has nothing of the kind.
  if (manifest.exports)
    steps.push(['attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji']])
  for (const [command, args] of steps) {
    const { ok, output } = await capture(command, args, { cwd: manifest.folder })
    if (!ok) return `${manifest.name}: ${command} failed\n${output}`
  }
}

rmSync(packs, { recursive: true, force: true })
mkdirSync(packs)
const manifests = publicPackages()
const failures = (await Promise.all(manifests.map(judge))).filter(Boolean)
rmSync(packs, { recursive: true, force: true })
for (const failure of failures) console.error(failure)
console.log(`packages: ${manifests.length - failures.length} of ${manifests.length} are fit to publish`)
process.exitCode = failures.length === 0 ? 0 : 1
