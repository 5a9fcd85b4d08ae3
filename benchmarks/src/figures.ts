/** What a row must reach: so many times the speed of another row, or so many operations a second. */
export type Goal = { readonly of: string; readonly atLeast: number } | { readonly perSecond: number }

/** A goal in words, what was found, and whether that is enough. */
export interface Reach {
  readonly goal: string
  readonly found: number
  readonly met: boolean
}

/** What is known of one contestant after its rounds. */
export interface Row {
  readonly name: string
  readonly nsPerOperation: number
  /** How many times as fast as the floor. */
  readonly toFloor: number
  /** How far the middle half of the rounds lies apart, as a part of the median. */
  readonly spread: number
  readonly reach?: Reach
  /** Another row, of which nothing is asked, and how many times as fast this one is. */
  readonly beside?: { readonly name: string; readonly ratio: number }
}

/**
 * The first name is the floor. Goals whose other row did not take part are left out, and likewise of `beside`, which names rows
 * to be compared without a goal.
 */
export function rowsOf(
  times: ReadonlyMap<string, readonly number[]>,
  goals: { readonly [name: string]: Goal },
  beside: { readonly [name: string]: string } = {},
): Row[] {
  const floor = [...times.values()][0] ?? []
  return [...times].map(([name, own]) => {
    const reach = reachOf(own, times, goals[name])
    const other = beside[name] ?? ''
    const others = times.get(other)
    return {
      name,
      nsPerOperation: median(own),
      toFloor: speedRatio(own, floor),
      spread: (quantile(own, 0.75) - quantile(own, 0.25)) / median(own),
      ...(reach && { reach }),
      ...(others && { beside: { name: other, ratio: speedRatio(own, others) } }),
    }
  })
}

function reachOf(
  own: readonly number[],
  times: ReadonlyMap<string, readonly number[]>,
  goal: Goal | undefined,
): Reach | undefined {
  if (goal === undefined) return undefined
  if ('perSecond' in goal) {
    const found = 1e9 / median(own)
    return {
      goal: `≥ ${goal.perSecond.toLocaleString('en-GB')} per second`,
      found,
      met: found >= goal.perSecond,
    }
  }
  const other = times.get(goal.of)
  if (other === undefined) return undefined
  const found = speedRatio(own, other)
  return { goal: `≥ ${goal.atLeast} × ${goal.of}`, found, met: found >= goal.atLeast }
}

/** How many times as fast, as the median over the rounds: the two figures of a round were measured side by side. */
export function speedRatio(own: readonly number[], other: readonly number[]): number {
  return median(own.map((time, round) => (other[round] as number) / time))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const low = sorted[Math.floor(place)] as number
  const high = sorted[Math.ceil(place)] as number
  return low + (high - low) * (place - Math.floor(place))
}
