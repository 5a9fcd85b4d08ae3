import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { checkName, type HeadgateError, showValue } from '@headgate/core'
import { checkToken, checkTokenHash, type Scope, type Token } from '@headgate/server'
import { parse } from 'yaml'
import { usageError } from '../errors.ts'

/** Who may ask. */
export interface Tokens {
  readonly all: readonly Token[]
  /** Those that were made for this run, because there were none: the only ones that may be printed. */
  readonly made?: { readonly decide: string; readonly manage: string }
}

/** Where tokens may be. */
export interface TokenSources {
  readonly file: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** What the service listens on: where others reach it, nobody wants tokens that change with each start. */
  readonly host: string
}

const VARIABLES: { readonly [variable: string]: Scope } = {
  HEADGATE_TOKEN: 'decide',
  HEADGATE_READ_TOKEN: 'read',
  HEADGATE_MANAGE_TOKEN: 'manage',
}
const SCOPES: readonly Scope[] = ['decide', 'read', 'manage']
const SECRETS = ['token', 'sha256', 'env']
const BYTES = 32

/**
 * The tokens of a file and of the environment, or new ones.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`, with no token in its message; the system's error for a file that can't be read
 */
export async function findTokens({ file, env, host }: TokenSources): Promise<Tokens> {
  const all = [...(file === undefined ? [] : await tokensIn(file, env)), ...tokensOf(env)]
  if (all.length > 0) return { all }
  if (!isLoopback(host)) {
    throw usageError(
      `There are no tokens, and others can reach ${showValue(host)}`,
      `Set HEADGATE_TOKEN (for decisions) and HEADGATE_MANAGE_TOKEN (for the dashboard), made with \`openssl rand -hex 32\`, or use --tokens FILE`,
    )
  }
  const made = { decide: randomToken(), manage: randomToken() }
  const named = (['decide', 'manage'] as const).map((scope) => ({ name: scope, scope, token: made[scope] }))
  return { all: named, made }
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function tokensOf(env: NodeJS.ProcessEnv): Token[] {
  return Object.entries(VARIABLES).flatMap(([variable, scope]) => {
    const token = env[variable]
    return token === undefined ? [] : [{ name: scope, scope, token: checkToken(token, variable) }]
  })
}

async function tokensIn(file: string, env: NodeJS.ProcessEnv): Promise<Token[]> {
  const where = `--tokens ${file}`
  const data = parsed(await textOf(file), where)
  const tokens = Object.entries(data).map(([name, entry]) => {
    checkName(name, where)
    return tokenOf(name, entry, `${where}: ${name}`, env)
  })
  if (tokens.length > 0) return tokens
  throw wrong(where, 'has no token', 'Write { "app": { "scope": "decide", "sha256": … } }')
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    // Of a directory the system doesn't say which.
    throw Object.assign(error as Error, { path: file })
  }
}

function parsed(text: string, where: string): Readonly<Record<string, unknown>> {
  let data: unknown
  try {
    data = parse(text, { logLevel: 'error' })
  } catch {
    // What the parser says of a text has a piece of it, which may be of a token.
    throw wrong(where, 'is neither YAML nor JSON', 'Correct it there')
  }
  if (isRecord(data)) return data
  throw wrong(where, 'must be an object', 'Write tokens by their names')
}

function tokenOf(name: string, entry: unknown, where: string, env: NodeJS.ProcessEnv): Token {
  if (!isRecord(entry))
    throw wrong(where, 'must be an object', 'Give it a scope, and one of token, sha256 and env')
  const { scope, token, sha256, env: variable, ...others } = entry
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw wrong(where, `has ${showValue(other)}`, 'There are scope, token, sha256 and env')
  const known = SCOPES.find((each) => each === scope)
  if (known === undefined) throw wrong(where, 'must have a scope', 'It is "decide", "read" or "manage"')
  const given = SECRETS.filter((field) => entry[field] !== undefined)
  if (given.length !== 1) throw wrong(where, 'must have one of token, sha256 and env', 'Keep one of them')
  if (sha256 !== undefined) return { name, scope: known, sha256: checkTokenHash(sha256, `${where}.sha256`) }
  if (token !== undefined) return { name, scope: known, token: checkToken(token, `${where}.token`) }
  const value = typeof variable === 'string' ? env[variable] : undefined
  if (value === undefined)
    throw wrong(`${where}.env`, 'names a variable that is not set', 'Set it, or name another')
  return { name, scope: known, token: checkToken(value, String(variable)) }
}

/** Nothing of what was given stands in it. */
function wrong(where: string, what: string, fix: string): HeadgateError {
  return usageError(`\`${where}\` ${what}`, fix)
}

function randomToken(): string {
  return randomBytes(BYTES).toString('base64url')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
