// Packs each public package as it would be published, and has the tarball judged by publint and attw.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

function capture(command, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const add = (data) => {
      output += data
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.once('error', (error) => resolve({ ok: false, output: error.message }))
    child.once('close', (code) => resolve({ ok: code === 0, output }))
  })
}

async function judge(manifest) {
  const tarball = join(packs, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
  const steps = [
    ['pnpm', ['pack', '--pack-destination', packs]],
    ['publint', ['run', tarball, '--strict']],
  ]
  // attw looks at what can be imported; a package that is only a command has nothing of the kind.
  if (manifest.exports?.['.'])
    steps.push(['attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji']])
  for (const [command, args] of steps) {
    const { ok, output } = await capture(command, args, manifest.folder)
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
