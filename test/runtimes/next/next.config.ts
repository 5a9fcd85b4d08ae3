import { join } from 'node:path'
import type { NextConfig } from 'next'

const packages = ['client', 'core', 'hono', 'http', 'memory']

export default {
  // Nobody looks for sources in there.
  distDir: '../node_modules/.next',
  turbopack: {
    root: join(import.meta.dirname, '..', '..', '..'),
    // Turbopack knows no conditions of one's own: the sources are named one by one.
    resolveAlias: Object.fromEntries(
      packages.map((name) => [`@headgate/${name}`, `../../../packages/${name}/src/index.ts`]),
    ),
  },
  agentRules: false,
} satisfies NextConfig
