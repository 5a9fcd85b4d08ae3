// `node packages/redis/scripts/embed.ts` writes src/scripts/*.lua into src/scripts/sources.ts, for bundlers can't read files at run time.
// test/sources.test.ts tells when that was forgotten.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = join(import.meta.dirname, '..', 'src', 'scripts')

/** The text of sources.ts. Comments and empty lines stay behind: every server keeps a copy of the scripts, and EVAL sends one. */
export function embed(): string {
  const files = globSync('*.lua', { cwd: FOLDER }).sort()
  const constants = files.map((file) => {
    const lines = readFileSync(join(FOLDER, file), 'utf8').split('\n')
    const code = lines.map((line) => line.replace(/\s*--.*$/, '')).filter((line) => line.trim() !== '')
    return `export const ${camelCase(basename(file, '.lua'))} = \`\n${code.join('\n')}\n\``
  })
  return `// Written by scripts/embed.ts from the .lua files beside it.\n\n${constants.join('\n\n')}\n`
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(FOLDER, 'sources.ts'), embed())
