import { parseArgs } from 'node:util'
import { invalidOption } from '@headgate/core'
import { badArguments, oneOf, usageError } from '../errors.ts'
import { type StoreAddress, storeAddress } from '../store.ts'
import { FORMATS, type FormatName, guessFormat } from './formats/index.ts'
import { limitPolicy, planPolicies, readPolicy } from './policy.ts'
import type { AssignedPolicy, Policy } from './result.ts'
import { MAX_KEYS } from './run.ts'
import type { TimeUnit } from './time.ts'

/** What the command line of `headgate replay` asks for. */
export interface ReplayArguments {
  readonly policies: readonly (Policy | AssignedPolicy)[]
  /** Files in their order; `-` is standard input. */
  readonly files: readonly string[]
  readonly format: FormatName
  readonly key?: readonly string[]
  readonly time?: string
  readonly timeUnit?: TimeUnit
  readonly cost?: readonly string[]
  /** Where the states are meanwhile; memory unless told. */
  readonly store?: StoreAddress
  readonly maxKeys: number
  readonly json: boolean
}

/** What `headgate replay --help` prints. */
export const REPLAY_HELP: string = `Usage: headgate replay --limit JSON [--limit JSON …] [options] [FILE …]

Replays a log through limits in virtual time, and tells what they would have allowed and denied.
FILE may be plain or gzip; no FILE, or -, is standard input.

  --limit JSON        a limit to try, such as {"algorithm":"token-bucket","capacity":10,"refill":30,"per":"1m"}
                      Given several times, the limits are compared side by side.
  --policy FILE       several limits that must all allow, as JSON: {"name": …, "limits": {"burst": {…}, "daily": {…}}}
  --plans FILE        plans, as JSON or YAML, side by side: each key on the plan that the file's subjects assign to it,
                      where there are any, and then everybody on one plan after the other
  --assigned          with --plans: only each key on its own plan
  --format FORMAT     ${FORMATS.join(', ')}; told from the file's name (.log, .jsonl, .csv, .tsv) otherwise
  --key FIELD         who is limited; several fields, taken together, as a,b
                      Unless told: the host in combined logs, otherwise one key for all.
  --time FIELD        when; unless told, a field with a name like time or timestamp
  --time-unit UNIT    what bare numbers count: s, ms or us. Unless told, the first one's size tells: below 10^8
                      ms from the start of the log, below 10^11 seconds, below 10^14 ms, then us since 1970.
  --cost FIELD        what a request costs, a whole number; a sum as a+b. Unless told, 1.
  --store STORE       memory (which it is unless told), sqlite:FILE, redis://HOST, postgres://HOST/DATABASE, or
                      dynamodb://TABLE?region=…&endpoint=…; the keys of a replay are its own, and expire
  --max-keys N        how many keys are told apart one by one; ${MAX_KEYS} unless told
  --json              the result as one JSON object
  --help              this text

FIELD is a known field in combined logs (host, user, method, path, status, bytes, referer, agent …), a dotted path
in jsonl (user.id, hash_ids.1), and a column's name or its number from 1 in csv and tsv.

Exit code: 0, 1 if something failed, 2 for bad usage, 130 when interrupted (the report then tells of what was read).
`

/**
 * @returns undefined if help is asked for
 * @throws {@link HeadgateError} that names the option, its value and what to do
 */
export async function parseReplay(args: readonly string[]): Promise<ReplayArguments | undefined> {
  const { values, positionals, tokens } = parsed(args)
  if (values.help) return undefined

  const { plans = [], assigned: onlyAssigned = false } = values
  if (onlyAssigned && plans.length === 0) {
    throw usageError('`--assigned` needs `--plans`', 'Give the file that says who is on which plan')
  }
  const policies: (Policy | AssignedPolicy)[] = []
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined) continue
    if (token.name === 'limit') policies.push(limitPolicy(token.value))
    if (token.name === 'policy') policies.push(await readPolicy(token.value))
    if (token.name === 'plans') {
      const name = plans.length > 1 ? `as assigned in ${token.value}` : 'as assigned'
      policies.push(...(await planPolicies(token.value, { onlyAssigned, name })))
    }
  }
  if (policies.length === 0) {
    const example = `--limit '{"algorithm":"token-bucket","capacity":10,"refill":30,"per":"1m"}'`
    throw usageError('`--limit` must be given', `Say what to try, for example ${example}`)
  }
  const files = positionals.length > 0 ? positionals : ['-']
  if (files.filter((file) => file === '-').length > 1) {
    throw usageError('Standard input is given twice', 'Give - once, or files')
  }
  return {
    policies,
    files,
    format: formatOf(values.format, files),
    ...(values.key !== undefined && { key: fieldNames('key', values.key, ',') }),
    ...(values.time !== undefined && { time: fieldName('time', values.time) }),
    ...(values['time-unit'] !== undefined && {
      timeUnit: oneOf('replay', 'time-unit', values['time-unit'], ['s', 'ms', 'us']),
    }),
    ...(values.cost !== undefined && { cost: fieldNames('cost', values.cost, '+') }),
    ...(values.store !== undefined && values.store !== 'memory' && { store: storeAddress(values.store) }),
    maxKeys: keyCount(values['max-keys']),
    json: values.json ?? false,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        limit: { type: 'string', multiple: true },
        policy: { type: 'string', multiple: true },
        plans: { type: 'string', multiple: true },
        assigned: { type: 'boolean' },
        format: { type: 'string' },
        key: { type: 'string' },
        time: { type: 'string' },
        'time-unit': { type: 'string' },
        cost: { type: 'string' },
        store: { type: 'string' },
        'max-keys': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw badArguments(error, 'replay')
  }
}

function formatOf(given: string | undefined, files: readonly string[]): FormatName {
  if (given !== undefined) return oneOf('replay', 'format', given, FORMATS)
  const guesses = new Set(files.map(guessFormat))
  const [guess] = guesses
  if (guesses.size === 1 && guess !== undefined) return guess
  const why = guesses.size > 1 ? 'the files are of several kinds' : 'the name does not tell'
  throw usageError(`\`--format\` must be given, since ${why}`, `Use one of ${FORMATS.join(', ')}`)
}

function fieldNames(option: string, value: string, separator: string): string[] {
  return value.split(separator).map((name) => fieldName(option, name, value))
}

function fieldName(option: string, name: string, value = name): string {
  if (name !== '') return name
  throw invalidOption(`--${option}`, value, 'the name of a field', 'See headgate replay --help')
}

function keyCount(value: string | undefined): number {
  if (value === undefined) return MAX_KEYS
  const count = /^\d{1,8}$/.test(value) ? Number(value) : 0
  if (count >= 2 && count <= 2 ** 24) return count
  throw invalidOption('--max-keys', value, 'a whole number from 2 to 2^24', `Leave it out for ${MAX_KEYS}`)
}
