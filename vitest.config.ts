import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './scripts/summary-reporter.mjs'

// Packages point this condition at their sources: tests need no build and never see a stale one. `module` is left out: under it
// some packages give what only bundlers can read.
const conditions = ['@headgate/source', 'node', 'development|production']

const root = import.meta.dirname
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
)

/** The real servers that a project's tests talk to: each is started once a run, by whoever comes first. */
const SERVICES: { readonly [project: string]: readonly string[] } = {
  cli: ['redis', 'postgres', 'dynamo'],
  redis: ['redis'],
  postgres: ['postgres'],
  dynamodb: ['dynamo'],
  'drop-in': ['redis'],
  server: ['postgres'],
  sql: ['postgres'],
  usage: ['postgres'],
  test: ['redis', 'postgres', 'dynamo'],
}

function project(name: string, folder: string, include: string, exclude: readonly string[] = []) {
  const globalSetup = (SERVICES[name] ?? []).map((service) =>
    join(root, 'test', 'services', 'src', 'setup', `${service}.ts`),
  )
  return {
    extends: true as const,
    test: {
      name: `@headgate/${name}`,
      root: join(root, folder),
      include: [include],
      exclude: ['**/node_modules/**', ...exclude],
      globalSetup,
    },
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    reporters: ['default', new SummaryReporter()],
    projects: [
      ...packages.map((name) => project(name, `packages/${name}`, 'test/**/*.test.ts')),
      // What crosses packages.
      project('test', 'test', '**/*.test.ts', ['browser/**', 'runtimes/**', 'proxies/**']),
      project('runtimes', 'test/runtimes', '*.test.ts'),
      project('browser', 'test/browser', '*.test.ts'),
      // Programs that npm doesn't bring.
      ...(process.env['HEADGATE_PROXIES'] === undefined
        ? []
        : [project('proxies', 'test/proxies', '*.test.ts')]),
    ],
    // How long something takes is nowhere what is tested, and machines are busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    coverage: { include: ['packages/*/src/**'] },
  },
})
