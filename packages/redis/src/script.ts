import { createHash } from 'node:crypto'
import type { PortRule } from './rules.ts'
import {
  adjust,
  calls,
  carry,
  decide,
  eviction,
  forget,
  meter,
  muldiv,
  one,
  oneElsewhere,
  oneMeter,
  slidingLog,
  slidingWindow,
  state,
  window,
} from './scripts/sources.ts'

/** A script, and what the server calls it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

function script(...parts: readonly string[]): Script {
  const source = parts.join('')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

type Letter = PortRule['algorithm']

const algorithms: { readonly [letter in Letter]: string } = {
  m: meter,
  w: window,
  s: slidingWindow,
  l: slidingLog,
}

/** One check: its own algorithm first, and what is rare only after the common answer. */
function scriptOfOne(own: Letter): Script {
  const others = Object.entries(algorithms).flatMap(([letter, source]) => (letter === own ? [] : [source]))
  const shortcut = own === 'm' ? [oneMeter] : []
  return script(...shortcut, state, algorithms[own], one, ...others, muldiv, carry, oneElsewhere)
}

const all = [state, ...Object.values(algorithms), muldiv, carry]

/** What the store runs. Each is put together from the .lua files, none of which says anything twice. */
export const scripts: {
  readonly one: { readonly [letter in Letter]: Script }
  readonly decide: Script
  readonly adjust: Script
  readonly forget: Script
  readonly eviction: Script
} = {
  one: { m: scriptOfOne('m'), w: scriptOfOne('w'), s: scriptOfOne('s'), l: scriptOfOne('l') },
  decide: script(...all, calls, decide),
  adjust: script(...all, calls, adjust),
  forget: script(forget),
  eviction: script(eviction),
}
