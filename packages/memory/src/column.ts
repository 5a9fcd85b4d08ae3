import {
  type Adjustment,
  type Algorithm,
  adjust,
  algorithmOf,
  type Cells,
  cellsIn,
  isFromElsewhere,
  type Micros,
  parseUnits,
  type Rule,
  type State,
  type Units,
} from '@headgate/core'

/** The states of one scope, one place per slot. Slot −1 is that of an absent subject, and is only read. */
export interface Column {
  fits(slot: number, rule: Rule, now: Micros, cost: number): boolean
  take(slot: number, rule: Rule, now: Micros, cost: number): void
  /**
   * `take` if it `fits`, and what `decideOne` of core writes: a whole decision on a slot that the subject has, or on none if
   * it must not take.
   */
  decide(slot: number, rule: Rule, now: Micros, cost: number, figures: Float64Array): boolean
  /** Writes a state from elsewhere (see `isFromElsewhere` of core) anew, as a denial must. */
  bringOver(slot: number, rule: Rule, now: Micros): void
  adjust(slot: number, adjustment: Adjustment, now: Micros): void
  /** A copy of the state's numbers, in the rule's units. */
  read(slot: number, rule: Rule, now: Micros): number[]
  /** From when on the slot's state equals an absent one; 0 if there is none. */
  emptyAt(slot: number): Micros
  copy(from: number, to: number): void
  clear(slot: number): void
}

const NOTHING: Cells = []
/** Numbers of a record. A power of two, so that none lies across two cache lines. */
const SIZE = 4

/**
 * A column is one typed array of records of four numbers, one a slot: in which units the state was written, as an index into
 * the units seen so far (0: nothing is there), and beside it the state's two or three, so that a decision reads one cache
 * line. A log has no fixed number of numbers: its record only says so, and it is an array of its own.
 */
export function createColumn(): Column {
  let slots = 0
  let records = new Float64Array(0)
  const logs = new Map<number, number[]>()
  const known: (Units | undefined)[] = [undefined]
  const numbers = new Map<string, number>()
  // The rule asked for last, the number of its units, and its algorithm: most scopes have one.
  let lastRule: Rule | undefined
  let lastNumber = 0
  /** That number if such a state lies in the column's own array; a log doesn't. */
  let lastPlain = -1
  let last: Algorithm<Units, Rule> | undefined

  const numberOf = (rule: Rule): number => {
    if (rule !== lastRule) {
      lastNumber = numbers.get(rule.units) ?? known.push(parseUnits(rule.units)) - 1
      numbers.set(rule.units, lastNumber)
      last = algorithmOf(rule)
      lastPlain = last.width === 0 ? -1 : lastNumber
      lastRule = rule
    }
    return lastNumber
  }

  const unitsOf = (slot: number): Units | undefined => known[slot < slots ? (records[slot * SIZE] ?? 0) : 0]

  const makeRoom = (slot: number): void => {
    if (slot < slots) return
    slots = Math.max(64, slots * 2, slot + 1)
    const grown = new Float64Array(slots * SIZE)
    grown.set(records)
    records = grown
  }

  const stateOf = (slot: number): State | undefined => {
    const units = slot < 0 ? undefined : unitsOf(slot)
    if (units === undefined) return undefined
    const { width } = algorithmOf(units)
    const at = slot * SIZE + 1
    const cells = width > 0 ? records.subarray(at, at + width) : (logs.get(slot) ?? NOTHING)
    return { units: units.units, cells }
  }

  const counts = (slot: number, now: Micros): boolean => {
    const units = unitsOf(slot)
    const state = stateOf(slot)
    return (
      units !== undefined && state !== undefined && algorithmOf(units).used(units, state.cells, 0, now) > 0
    )
  }

  /** Makes the slot hold a state in the rule's units, and gives the array in which it lies. */
  const open = (slot: number, rule: Rule, now: Micros): Cells => {
    const number = numberOf(rule)
    const { width } = last as Algorithm<Units, Rule>
    makeRoom(slot)
    if (records[slot * SIZE] !== number) {
      const carried = cellsIn(rule, stateOf(slot), now)
      logs.delete(slot)
      records[slot * SIZE] = number
      if (width > 0) records.set(carried, slot * SIZE + 1)
      else logs.set(slot, carried)
    }
    return width > 0 ? records : (logs.get(slot) ?? [])
  }

  /** Whether the state lies in the column's own array, in the units of the rule asked for last. */
  const isPlainNow = (slot: number): boolean =>
    slot >= 0 && slot < slots && records[slot * SIZE] === lastPlain

  /** The same of any rule: the usual case. */
  const isPlain = (slot: number, rule: Rule): boolean => {
    numberOf(rule)
    return isPlainNow(slot)
  }

  const plainCells = (at: number): number[] => {
    const first = records[at] as number
    const second = records[at + 1] as number
    return last?.width === 2 ? [first, second] : [first, second, records[at + 2] as number]
  }

  /** `decide` where the state is none, or a log, or in other units: apart, so that the usual way is short enough to be inlined. */
  const decideOther: Column['decide'] = (slot, rule, now, cost, figures) => {
    if (rule !== lastRule && isPlain(slot, rule)) return column.decide(slot, rule, now, cost, figures)
    const allowed = column.fits(slot, rule, now, cost)
    if (allowed && cost > 0) column.take(slot, rule, now, cost)
    else if (cost > 0) column.bringOver(slot, rule, now)
    figures[0] = now
    figures.set(column.read(slot, rule, now), 1)
    return allowed
  }

  const column: Column = {
    fits(slot, rule, now, cost) {
      if (isPlain(slot, rule)) return algorithmOf(rule).fits(rule, records, slot * SIZE + 1, now, cost)
      const log = slot < 0 || unitsOf(slot)?.units !== rule.units ? undefined : logs.get(slot)
      if (log !== undefined) return algorithmOf(rule).fits(rule, log, 0, now, cost)
      return algorithmOf(rule).fits(rule, cellsIn(rule, stateOf(slot), now), 0, now, cost)
    },

    take(slot, rule, now, cost) {
      const own = open(slot, rule, now)
      algorithmOf(rule).take(rule, own, own === records ? slot * SIZE + 1 : 0, now, cost)
    },

    decide(slot, rule, now, cost, figures) {
      if (rule !== lastRule || !isPlainNow(slot)) return decideOther(slot, rule, now, cost, figures)
      const at = slot * SIZE + 1
      const algorithm = last as Algorithm<Units, Rule>
      const allowed =
        cost > 0
          ? algorithm.take(rule, records, at, now, cost, true)
          : algorithm.fits(rule, records, at, now, cost)
      if (!allowed && cost > 0 && algorithm.isAstray(rule, records, at, now))
        column.bringOver(slot, rule, now)
      figures[0] = now
      figures[1] = records[at] as number
      figures[2] = records[at + 1] as number
      figures[3] = records[at + 2] as number
      return allowed
    },

    bringOver(slot, rule, now) {
      if (slot >= 0 && isFromElsewhere(rule, stateOf(slot), now)) column.take(slot, rule, now, 0)
    },

    adjust(slot, adjustment, now) {
      // Opening writes, which what changes nothing must not: see `adjust` of core.
      const { units } = adjustment
      if (units === 0 || (units < 0 && !counts(slot, now))) return
      const own = open(slot, adjustment.rule, now)
      adjust(adjustment, own, own === records ? slot * SIZE + 1 : 0, now)
    },

    read(slot, rule, now) {
      return isPlain(slot, rule) ? plainCells(slot * SIZE + 1) : cellsIn(rule, stateOf(slot), now)
    },

    emptyAt(slot) {
      const units = unitsOf(slot)
      if (units === undefined) return 0
      const algorithm = algorithmOf(units)
      return algorithm.width > 0
        ? algorithm.emptyAt(units, records, slot * SIZE + 1)
        : algorithm.emptyAt(units, logs.get(slot) ?? NOTHING, 0)
    },

    copy(from, to) {
      const units = unitsOf(from)
      if (units === undefined) return
      makeRoom(to)
      records.copyWithin(to * SIZE, from * SIZE, (from + 1) * SIZE)
      const log = logs.get(from)
      if (log !== undefined) logs.set(to, [...log])
    },

    clear(slot) {
      if (slot < slots) records[slot * SIZE] = 0
      logs.delete(slot)
    },
  }
  return column
}
