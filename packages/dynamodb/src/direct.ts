import {
  algorithmOf,
  MAX_LEAD,
  type MeterRule,
  type Micros,
  type Rule,
  type SlidingWindowRule,
  type State,
  type WindowRule,
} from '@headgate/core'
import { type Expression, expression } from './expression.ts'
import { drainedAt, KEY } from './item.ts'

/**
 * An update that takes units from whatever state it finds, in one request, on condition that the state is such that they fit
 * and that this is how they are taken. Other processes may have changed the item since it was last seen.
 */
export interface DirectUpdate {
  readonly condition: string
  readonly update: string
  readonly expression: Expression
  /** When the latest of the states that it may leave equals an absent one. */
  readonly emptyAt: Micros
}

/**
 * The update for `units` that fit the state that was last seen: that one tells which form will most likely do. When an
 * update succeeds, it has done exactly what the model does with the state that it found; so a form need not cover
 * all there is, but what it covers it must do right. Undefined where only comparing the whole state will do.
 */
export function directUpdate(
  rule: Rule,
  seen: State | undefined,
  now: Micros,
  units: number,
): DirectUpdate | undefined {
  if (seen !== undefined && seen.units !== rule.units) return undefined
  if (seen !== undefined && algorithmOf(rule).isAstray(rule, seen.cells, 0, now)) return undefined
  switch (rule.algorithm) {
    case 'meter':
      return meter(rule, seen, now, units)
    case 'window':
      return window(rule, seen, now, units)
    case 'sliding-window':
      return slidingWindow(rule, seen, now, units)
    case 'sliding-log':
      return undefined
  }
}

/**
 * With `n` the tick: allowed ⇔ the absolute level lies between `n·num`, below which all has drained, and the top from where the
 * charge would pass `cap`. A clock that is behind the item's must not turn its time back: so `ts ≤ n`, which what has drained implies.
 */
function meter(rule: MeterRule, seen: State | undefined, now: Micros, units: number): DirectUpdate {
  const x = expression()
  const [ts, level] = [x.name('ts'), x.name('level')]
  const n = Math.floor(now / rule.tick)
  const charge = BigInt(units * rule.den)
  const drained = drainedAt(rule.num, n)
  const seenTs = seen?.cells[0] ?? 0
  const emptyAt = (Math.max(n, seenTs) + Math.ceil(rule.cap / rule.num)) * rule.tick

  // A clock that lags counts by the newer time, which stays.
  if (seenTs > n) {
    const top = drainedAt(rule.num, seenTs) + BigInt(rule.cap) - charge
    const newer = `${ts} BETWEEN ${x.value(seenTs)} AND ${x.value(n + MAX_LEAD / rule.tick)}`
    const condition = `${sameUnits(x, rule)} AND ${newer} AND ${level} <= ${x.value(top)}`
    return { condition, update: `SET ${level} = ${level} + ${x.value(charge)}`, expression: x, emptyAt }
  }
  const at = x.value(n)
  const set = `SET ${x.name('units')} = ${unitsOf(x, rule)}, ${ts} = ${at}`
  const none = x.value(drained)
  if (seen !== undefined && drainedAt(rule.num, seenTs) + BigInt(seen.cells[1] ?? 0) < drained) {
    const condition = orAbsent(x, `${sameUnits(x, rule)} AND ${level} < ${none}`)
    return { condition, update: `${set}, ${level} = ${x.value(drained + charge)}`, expression: x, emptyAt }
  }
  const fits = `${level} BETWEEN ${none} AND ${x.value(drained + BigInt(rule.cap) - charge)}`
  const condition = orAbsent(x, `${sameUnits(x, rule)} AND ${ts} <= ${at} AND ${fits}`)
  const update = `${set}, ${level} = if_not_exists(${level}, ${none}) + ${x.value(charge)}`
  return { condition, update, expression: x, emptyAt }
}

/** In the window that counts: the count has room. Where the one last seen is over: it is still over. */
function window(
  rule: WindowRule,
  seen: State | undefined,
  now: Micros,
  units: number,
): DirectUpdate | undefined {
  const seenStart = seen?.cells[0] ?? 0
  const time = Math.max(now, seenStart)
  const [start = 0, end = 0] = algorithmOf(rule).start(rule, time, 0)
  // A calendar whose last known window is over: rare, and not worth a form.
  if (end <= time) return undefined
  const x = expression()
  const [startName, endName, count] = [x.name('start'), x.name('end'), x.name('count')]
  const bounds = `${startName} = ${x.value(start)}, ${endName} = ${x.value(end)}`
  const set = `SET ${x.name('units')} = ${unitsOf(x, rule)}, ${bounds}`
  const charge = x.value(units)

  if (seen !== undefined && (seenStart !== start || seen.cells[1] !== end)) {
    const over = `${startName} <= ${x.value(time)} AND ${endName} <= ${x.value(time)}`
    const condition = orAbsent(x, `${sameUnits(x, rule)} AND ${over}`, time === now)
    return { condition, update: `${set}, ${count} = ${charge}`, expression: x, emptyAt: end }
  }
  const same = `${startName} = ${x.value(start)} AND ${endName} = ${x.value(end)}`
  const fits = `${sameUnits(x, rule)} AND ${same} AND ${count} <= ${x.value(rule.limit - units)}`
  const update = `${set}, ${count} = if_not_exists(${count}, ${x.value(0)}) + ${charge}`
  return { condition: orAbsent(x, fits, time === now), update, expression: x, emptyAt: end }
}

/** In the same window the previous count stays, so that what is left for the current one is known. */
function slidingWindow(
  rule: SlidingWindowRule,
  seen: State | undefined,
  now: Micros,
  units: number,
): DirectUpdate | undefined {
  const time = Math.max(now, seen?.cells[0] ?? 0)
  const start = time - (time % rule.length)
  if (seen !== undefined && seen.cells[0] !== start) return undefined
  const previously = seen?.cells[2] ?? 0
  const room = algorithmOf(rule).remaining(rule, [start, 0, previously], 0, now) - units
  if (room < 0) return undefined
  const x = expression()
  const [startName, current, previous] = [x.name('start'), x.name('current'), x.name('previous')]
  const [zero, startValue] = [x.value(0), x.value(start)]
  const same = `${startName} = ${startValue} AND ${previous} = ${x.value(previously)}`
  const condition = orAbsent(
    x,
    `${sameUnits(x, rule)} AND ${same} AND ${current} <= ${x.value(room)}`,
    time === now,
  )
  const update = [
    `SET ${x.name('units')} = ${unitsOf(x, rule)}`,
    `${startName} = ${startValue}`,
    `${current} = if_not_exists(${current}, ${zero}) + ${x.value(units)}`,
    `${previous} = if_not_exists(${previous}, ${zero})`,
  ].join(', ')
  return { condition, update, expression: x, emptyAt: start + 2 * rule.length }
}

function unitsOf(x: Expression, rule: Rule): string {
  return x.value({ S: rule.units })
}

function sameUnits(x: Expression, rule: Rule): string {
  return `${x.name('units')} = ${unitsOf(x, rule)}`
}

/** Nothing used is a state like any other, unless the form counts by a time that an absent state knows nothing of. */
function orAbsent(x: Expression, condition: string, absentToo = true): string {
  return absentToo ? `attribute_not_exists(${x.name(KEY)}) OR (${condition})` : condition
}
