// The examples in the documentation are code: every one is type-checked against the built packages, and those marked
// `run` are run. An example is a ```ts block in README.md, docs/ or a package's README, or after @example in TSDoc.
//   ```ts          type-checked      ```ts run      also run with Node, must exit 0      ```ts ignore   only counted
// Each block is a module of its own. It is written to test/.examples, where every package can be imported.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { capture } from './run-child.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dir = join(root, 'test', '.examples')
const RUN_LIMIT_MS = 30_000

/** The fenced blocks of a Markdown text: `{ line, info, code }`, `line` being the fence's, counted from 1. */
function fencedBlocks(text) {
  const blocks = []
  let open
  text.split('\n').forEach((line, i) => {
    const fence = /^(\s*)(`{3,})\s*([^`]*)$/.exec(line)
    if (!open && fence) {
      open = {
        line: i + 1,
        indent: fence[1].length,
        ticks: fence[2].length,
        info: fence[3].trim().split(/\s+/),
        code: [],
      }
    } else if (open && fence && fence[3] === '' && fence[2].length >= open.ticks) {
      blocks.push(open)
      open = undefined
    } else if (open) {
      open.code.push(line.slice(0, open.indent).trim() + line.slice(open.indent))
    }
  })
  return blocks
}

/** TSDoc comments as Markdown with every other line blank, so that line numbers stay those of the source. */
function exampleText(source) {
  let inComment = false
  let inExample = false
  return source
    .split('\n')
    .map((line) => {
      if (/^\s*\/\*\*/.test(line)) inComment = true
      const text = line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '').replace(/\s*\*\/\s*$/, '')
      const tag = /^\s*@(\w+)/.exec(text)
      if (inComment && tag) inExample = tag[1] === 'example'
      const kept = inComment && inExample && !tag ? text : ''
      if (/\*\//.test(line)) inComment = inExample = false
      return kept
    })
    .join('\n')
}

function examplesOf(file) {
  const text = readFileSync(join(root, file), 'utf8')
  return fencedBlocks(file.endsWith('.ts') ? exampleText(text) : text)
    .filter(({ info }) => info[0] === 'ts')
    .map((block) => ({ ...block, file, name: `${file.replaceAll('/', '__')}__${block.line}.ts` }))
}

const files = ['README.md', 'docs/**/*.md', 'packages/*/README.md', 'packages/*/src/**/*.ts']
  .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (path) => path.includes('node_modules') }))
  .filter((file) => existsSync(join(root, file)))
  .sort()
const all = files.flatMap(examplesOf)
const examples = all.filter(({ info }) => !info.includes('ignore'))

rmSync(dir, { recursive: true, force: true })
mkdirSync(dir)
for (const { name, line, code } of examples) {
  // Blank lines first, so that a line number in an error is the line number in the documentation.
  writeFileSync(join(dir, name), `${'\n'.repeat(line)}${code.join('\n')}\n`)
}
const config = {
  extends: '../../tsconfig.test.json',
  // As a user has it: the built packages. What an example declares for show need not be used.
  compilerOptions: {
    customConditions: [],
    noUnusedLocals: false,
    noUnusedParameters: false,
    // Nest's decorators are those of before the standard.
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  },
  include: ['*.ts'],
}
writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))

/** Names of the written modules, in what a tool printed, become the names of the files they came from. */
const asSource = (text) =>
  examples.reduce(
    (out, { file, name }) => out.replaceAll(name, file),
    text.replaceAll(`file://${dir}/`, '').replaceAll(`${dir}/`, ''),
  )

let failed = 0
if (examples.length > 0) {
  const { ok, output } = await capture(
    join(root, 'node_modules/.bin/tsc'),
    ['-p', '.', '--pretty', 'false'],
    { cwd: dir },
  )
  if (!ok) {
    failed++
    console.error(asSource(output).replace(/\((\d+),(\d+)\): /g, ':$1:$2 '))
  }
}
const toRun = examples.filter(({ info, file }) => info.includes('run') && file.endsWith('.md'))
for (const { file, line, name } of toRun) {
  const { ok, output } = await capture('node', [name], { cwd: dir, timeout: RUN_LIMIT_MS })
  if (ok) continue
  failed++
  console.error(`${file}:${line} does not run:\n${asSource(output)}`)
}

if (failed === 0) rmSync(dir, { recursive: true, force: true })
const ignored = all.length - examples.length
console.log(
  `examples: ${examples.length} type-checked, ${toRun.length} run, ${ignored} ignored${failed ? ', FAILED' : ''}`,
)
process.exitCode = failed === 0 ? 0 : 1
