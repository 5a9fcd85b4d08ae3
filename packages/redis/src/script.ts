import { createHash } from 'node:crypto'
import type { PortRule } from './rules.ts'
import {
  adjust,
  calls,
  carry,
  decide,
  eviction,
  forget,
  input,
  meter,
  meters,
  muldiv,
  one,
  oneElsewhere,
  oneMeter,
  oneSlidingWindow,
  oneWindow,
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

/** The common cases spelled out. A log has none: its numbers are many, and reading them is what takes time. */
const shortcuts: { readonly [letter in Letter]: string } = {
  m: oneMeter,
  w: oneWindow,
  s: oneSlidingWindow,
  l: '',
}

/** One check: its own algorithm first, and what is rare only after the common answer. */
function scriptOfOne(own: Letter): Script {
  const others = Object.entries(algorithms).flatMap(([letter, source]) => (letter === own ? [] : [source]))
  return script(shortcuts[own], state, algorithms[own], one, ...others, muldiv, carry, oneElsewhere)
}

const all = [state, ...Object.values(algorithms), muldiv, carry]

/** What the store runs. Each is put together from the .lua files, none of which says anything twice. */
export const scripts: {
  readonly one: { readonly [letter in Letter]: Script }
  readonly meters: Script
  readonly decide: Script
  readonly adjust: Script
  readonly forget: Script
  readonly eviction: Script
} = {
  one: { m: scriptOfOne('m'), w: scriptOfOne('w'), s: scriptOfOne('s'), l: scriptOfOne('l') },
  meters: script(meters, ...all, calls, decide),
  decide: script(...all, input, calls, decide),
  adjust: script(...all, input, calls, adjust),
  forget: script(forget),
  eviction: script(eviction),
}
