// The tasks of the workspace. Started by run.mjs, which has put the right `node` and `pnpm` first on PATH.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { capture, run } from './run-child.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const started = Number(process.env.HEADGATE_STARTED ?? Date.now())
const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) }
const [task, ...args] = process.argv.slice(2)

/** Runs one program; an end by a signal is passed on to whoever started us. */
async function sh(command, ...rest) {
  const { code, signal } = await run(command, rest, { cwd: root, env })
  if (signal) {
    process.kill(process.pid, signal)
    await new Promise(() => {}) // nothing more is to run while the signal arrives
  }
  return code
}

const turbo = (tasks, rest = []) =>
  sh('turbo', 'run', ...tasks, '--output-logs=errors-only', '--log-order=grouped', ...rest)
const node = (script, ...rest) => sh('node', join('scripts', script), ...rest)

/** The steps of `check`. Those in NEED_BUILD would judge what an earlier build left, if this one fails. */
const NEED_BUILD = ['packages', 'examples']
const CHECKS = {
  'build and types': () => turbo(['build', 'types']),
  lint: () => sh('biome', 'check', '--error-on-warnings'),
  packages: () => node('check-packages.mjs'),
  unused: () => sh('knip', '--no-progress'),
  examples: () => node('check-examples.mjs'),
  lockfile: () => node('check-lockfile.mjs'),
}

/** Runs every check, also after a failed one, so that one run shows all there is to mend. */
async function check() {
  const results = []
  for (const [name, step] of Object.entries(CHECKS)) {
    console.log(`\n── ${name}`)
    const from = Date.now()
    const unbuilt = NEED_BUILD.includes(name) && results[0].code !== 0
    if (unbuilt) console.log('not looked at: the build failed')
    const code = unbuilt ? 1 : await step()
    results.push({ name, code, seconds: (Date.now() - from) / 1000 })
  }
  console.log('')
  for (const { name, code, seconds } of results) {
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`)
  }
  return results.some(({ code }) => code !== 0) ? 1 : 0
}

/** Builds, then runs a script under this Node. */
async function built(script, ...rest) {
  if (!existsSync(join(root, script.split('/dist/')[0]))) return missing(script)
  // Quietly: what follows may print a result that is read by a program.
  const build = await capture('turbo', ['run', 'build', '--output-logs=errors-only'], { cwd: root, env })
  if (!build.ok) {
    console.error(build.output)
    return 1
  }
  return existsSync(join(root, script)) ? sh('node', script, ...rest) : missing(script)
}

function missing(script) {
  console.error(`headgate: there is no ${script} yet`)
  return 1
}

const TASKS = {
  test: () => sh('vitest', 'run', ...args),
  build: () => turbo(['build'], args),
  types: () => turbo(['types'], args),
  lint: () => sh('biome', 'check', ...args),
  format: () => sh('biome', 'check', '--write', ...args),
  check,
  bench: () => built('benchmarks/run.mjs', ...args),
  start: () => built('packages/cli/dist/main.js', ...(args.length > 0 ? args : ['demo'])),
}

if (!Object.hasOwn(TASKS, task)) {
  console.error(`headgate: no task "${task}"; there are ${Object.keys(TASKS).join(', ')}`)
  process.exit(2)
}

// pnpm looks itself whether there is anything to do, in 0.1 s, and says so only when there is.
const install = await sh(
  'pnpm',
  'install',
  '--frozen-lockfile',
  '--prefer-offline',
  '--reporter=append-only',
  '--loglevel=warn',
)
if (install !== 0) process.exit(install)

process.exitCode = await TASKS[task]()
// The last line of a test run is its counts, so there the reporter prints the time, before them.
// Not on standard output, where a command's own result may be read from.
if (task !== 'test') console.error(`headgate ${task}: ${((Date.now() - started) / 1000).toFixed(1)} s in all`)
