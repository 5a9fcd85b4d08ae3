import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './scripts/summary-reporter.mjs'

// Packages point this condition at their sources: tests need no build and never see a stale one.
const conditions = ['@headgate/source', 'module', 'node', 'development|production']

const root = import.meta.dirname
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
)

function project(name: string, folder: string, include: string) {
  return {
    extends: true as const,
    test: { name: `@headgate/${name}`, root: join(root, folder), include: [include] },
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
      project('test', 'test', '**/*.test.ts'),
    ],
    coverage: { include: ['packages/*/src/**'] },
  },
})
