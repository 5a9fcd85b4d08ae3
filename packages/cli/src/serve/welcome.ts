import type { StoreAddress } from '../store.ts'
import { plain } from '../terminal.ts'
import type { ServeOptions } from './options.ts'
import type { Tokens } from './tokens.ts'

/** What is told at the start. */
export interface Welcome {
  readonly options: ServeOptions
  readonly tokens: Tokens
  /** Where it listens. */
  readonly url: string
  /** The names of example plans that were written just now. */
  readonly seeded: readonly string[]
}

/** What a person needs to go on. The tokens that were made for this run are told here and nowhere else. */
export function welcome({ options, tokens, url, seeded }: Welcome): string {
  const { plans, records, store, usageDays } = options
  const address = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  const { made } = tokens
  const kept = plans === undefined ? nameOf(records) : `${plans}, which is followed`
  const lines = [
    `Headgate listens on ${url}`,
    '',
    `  dashboard  ${address}/${made === undefined ? '' : `#token=${made.manage}`}`,
    `  plans      ${kept}${seeded.length === 0 ? '' : `; new there, for you to change: ${seeded.join(', ')}`}`,
    `  counters   ${nameOf(store)}`,
    `  usage      ${usageDays === 0 ? 'not kept' : `${nameOf(records)}, for ${usageDays} days`}`,
    `  tokens     ${made === undefined ? namesOf(tokens) : MADE}`,
    '',
    `  curl -H "authorization: Bearer ${made?.decide ?? '$HEADGATE_TOKEN'}" -H 'content-type: application/json' \\`,
    `    -d '{"subject":"acme"}' ${address}/v1/consume`,
    '',
  ]
  return `${lines.map((line) => plain(line)).join('\n')}\n`
}

const MADE = 'made for this run only; to keep some, set HEADGATE_TOKEN and HEADGATE_MANAGE_TOKEN'

function namesOf({ all }: Tokens): string {
  return all.map(({ name, scope }) => (name === scope ? name : `${name} (${scope})`)).join(', ')
}

/** Where something is, without a password. */
function nameOf(address: StoreAddress): string {
  switch (address.kind) {
    case 'memory':
      return 'in memory, gone when it ends'
    case 'sqlite':
      return address.file
    case 'dynamodb':
      return `dynamodb://${address.table}`
    case 'redis':
    case 'postgres': {
      const { protocol, host, pathname } = new URL(address.url)
      return `${protocol}//${host}${pathname}`
    }
  }
}
