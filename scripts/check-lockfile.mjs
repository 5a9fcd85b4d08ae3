// The lockfile names versions and hashes, never a host: it must install from whatever registry the reader has.
import { readFileSync } from 'node:fs'

const HOST = /:\/\/|resolution: \{[^}]*tarball/
const lines = readFileSync(new URL('../pnpm-lock.yaml', import.meta.url), 'utf8').split('\n')
const bad = lines.flatMap((line, i) => {
  // What an author wrote about a deprecated version may hold a link; nothing is fetched from it.
  if (line.trimStart().startsWith('deprecated:')) return []
  return HOST.test(line) ? [`pnpm-lock.yaml:${i + 1}: ${line.trim()}`] : []
})
for (const line of bad) console.error(line)
console.log(`lockfile: ${bad.length === 0 ? 'no host in it' : `${bad.length} lines name a host`}`)
process.exitCode = bad.length === 0 ? 0 : 1
