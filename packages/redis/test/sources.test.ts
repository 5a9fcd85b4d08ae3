import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { embed } from '../scripts/embed.ts'
import { scripts } from '../src/script.ts'
import { connect } from './support.ts'

test('the embedded scripts are those of the .lua files: else run `node packages/redis/scripts/embed.ts`', () => {
  const written = readFileSync(join(import.meta.dirname, '..', 'src', 'scripts', 'sources.ts'), 'utf8')
  expect(written).toBe(embed())
})

test('the server calls the scripts by the same names', async () => {
  const client = await connect()
  const { one, ...others } = scripts
  for (const { source, sha } of [...Object.values(one), ...Object.values(others)]) {
    expect(await client.script('LOAD', source)).toBe(sha)
  }
})
