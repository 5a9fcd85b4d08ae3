import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conform } from '@headgate/conformance'
import { afterAll, describe, it } from 'vitest'
import { sqliteStore } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

conform({ describe, it, store: () => sqliteStore({ file: join(folder, 'limits.db') }) })
