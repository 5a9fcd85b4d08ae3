import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const packages = new URL('../packages/', import.meta.url)
const folders = readdirSync(packages)

function manifestOf(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8'))
}

/** better-sqlite3 is built for Node-API 10, which came with Node 22.14. */
function needsAddon(manifest: Record<string, unknown>): boolean {
  const dependencies = Object.keys((manifest['dependencies'] as Record<string, string> | undefined) ?? {})
  return dependencies.includes('better-sqlite3') || dependencies.includes('@headgate/sqlite')
}

test.each(folders)('packages/%s says what a published package must say', (folder) => {
  const manifest = manifestOf(folder)
  expect(manifest).toMatchObject({
    name: `@headgate/${folder}`,
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: needsAddon(manifest) ? '>=22.14' : '>=22.12' },
    description: expect.stringMatching(/^\S.{20,120}\.$/),
    files: expect.arrayContaining(['dist', 'src']),
  })
})

test('core depends on nothing', () => {
  const manifest = manifestOf('core')
  expect(manifest).not.toHaveProperty('dependencies')
  expect(manifest).not.toHaveProperty('peerDependencies')
})
