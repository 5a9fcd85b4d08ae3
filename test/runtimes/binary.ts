import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/**
 * The program of `bun` or `deno`. npm installs it as an optional package for this platform; it is run from there, since the
 * installers that would put it elsewhere may be off. Undefined where there is none for this platform.
 *
 * @param path where in that package it is
 */
export function binaryOf(name: string, path: string): string | undefined {
  const manifest = require.resolve(`${name}/package.json`)
  const nearby = createRequire(manifest)
  const { optionalDependencies } = nearby(manifest) as { optionalDependencies: Record<string, string> }
  return Object.keys(optionalDependencies)
    .map((platform) => find(nearby, platform, path))
    .find((file) => file !== undefined)
}

function find({ resolve }: NodeJS.Require, platform: string, path: string): string | undefined {
  try {
    const file = join(dirname(resolve(`${platform}/package.json`)), path)
    return existsSync(file) ? file : undefined
  } catch {
    return undefined // not this platform's
  }
}
