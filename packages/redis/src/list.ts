import type { Micros, Rule } from '@headgate/core'
import type { Place } from './keys.ts'
import { portRule } from './rules.ts'

/** What a script is sent. */
export interface Sent {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** Numbers for src/scripts/calls.lua, and the keys and rules that some of them stand for. */
interface List {
  add(number: number): void
  addState(place: Place, rule: Rule): void
  sent(): Sent
}

/** Says keys and rules once each, and then only their numbers. */
export function createList(): List {
  const keys = new Map<string, number>()
  const rules = new Map<Rule, number>()
  let numbers = ''
  return {
    add(number: number): void {
      numbers += `,${number}`
    },
    addState({ key }: Place, rule: Rule): void {
      numbers += `,${numberOf(keys, key)},${numberOf(rules, rule)}`
    },
    sent(): Sent {
      const written = Array.from(rules.keys(), (rule) => portRule(rule).json).join()
      return { keys: [...keys.keys()], args: [`{"rules":[${written}],"numbers":[${numbers.slice(1)}]}`] }
    },
  }
}

/** Numbers things from 1 on, in the order in which they are first seen. */
function numberOf<T>(seen: Map<T, number>, what: T): number {
  let number = seen.get(what)
  if (number === undefined) {
    number = seen.size + 1
    seen.set(what, number)
  }
  return number
}

/** A reply, read from its beginning. */
export interface Reader {
  readonly serverTime: Micros
  next(): number
  state(rule: Rule): number[]
}

/** Reads a reply. Large numbers are text, and all are where the client was told so. */
export function readerOf(reply: unknown): Reader {
  const numbers = reply as readonly unknown[]
  let place = 1
  const next = (): number => Number(numbers[place++])
  return {
    serverTime: Number(numbers[0]),
    next,
    state(rule) {
      const cells = new Array<number>(widthOf(rule) ?? next())
      for (let i = 0; i < cells.length; i++) cells[i] = next()
      return cells
    },
  }
}

/** How many numbers a state has; undefined for a log, which has any number of them and says how many. */
function widthOf({ algorithm }: Rule): number | undefined {
  if (algorithm === 'meter') return 2
  return algorithm === 'sliding-log' ? undefined : 3
}
