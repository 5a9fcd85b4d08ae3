import type { Clock } from '@headgate/core'

/** What was decided in one second. */
interface LiveSecond {
  /** Seconds since the Unix epoch. */
  readonly at: number
  readonly allowed: number
  readonly denied: number
  /** How many of both were decided without the store. */
  readonly degraded: number
}

/** How a plan, or a subject, fared. */
interface LiveTally {
  readonly allowed: number
  readonly denied: number
}

/** What was decided of late, by this process. */
export interface Live {
  add(
    subject: string,
    plan: string,
    decision: { readonly allowed: boolean; readonly degraded: string | null },
  ): void
  /** The last seconds, oldest first, the current one last. */
  seconds(count: number): LiveSecond[]
  /** By plan, over the last quarter of an hour. */
  plans(): ({ readonly plan: string } & LiveTally)[]
  /** Who was denied most in that time. */
  denied(count: number): ({ readonly subject: string; readonly plan: string } & LiveTally)[]
}

/** For how long it is known what was decided. */
const LIVE_MINUTES = 15
/** The seconds that can be asked for: as many. */
export const LIVE_SECONDS: number = LIVE_MINUTES * 60
/** Of how many subjects each minute knows; of those that come later it knows nothing. */
const MAX_SUBJECTS = 5_000

interface Second {
  at: number
  allowed: number
  denied: number
  degraded: number
}

interface Tally {
  plan: string
  allowed: number
  denied: number
}

interface Minute {
  at: number
  readonly plans: Map<string, Tally>
  readonly subjects: Map<string, Tally>
}

/** Two rings that are written over: of seconds, and of minutes. */
export function createLive(clock: Clock): Live {
  const seconds = Array.from({ length: LIVE_SECONDS }, (): Second => ({ at: -1, ...NOTHING, degraded: 0 }))
  const minutes = Array.from(
    { length: LIVE_MINUTES },
    (): Minute => ({ at: -1, plans: new Map(), subjects: new Map() }),
  )
  const secondNow = (): number => Math.floor(clock.now() / 1e6)

  const secondAt = (at: number): Second => {
    const second = seconds[at % LIVE_SECONDS] as Second
    if (second.at !== at) Object.assign(second, { at, ...NOTHING, degraded: 0 })
    return second
  }
  const minuteAt = (at: number): Minute => {
    const minute = minutes[at % LIVE_MINUTES] as Minute
    if (minute.at !== at) {
      minute.at = at
      minute.plans.clear()
      minute.subjects.clear()
    }
    return minute
  }
  const sumOf = (which: 'plans' | 'subjects'): [string, Tally][] => {
    const since = Math.floor(secondNow() / 60) - LIVE_MINUTES
    const sums = new Map<string, Tally>()
    // From the oldest to the newest, whose word on who is on which plan is the last.
    const inOrder = minutes.filter(({ at }) => at > since).sort((a, b) => a.at - b.at)
    for (const minute of inOrder) {
      for (const [name, { plan, allowed, denied }] of minute[which]) {
        const sum = tallyIn(sums, name, plan)
        sum.allowed += allowed
        sum.denied += denied
      }
    }
    return [...sums]
  }

  return {
    add(subject, plan, { allowed, degraded }) {
      const now = secondNow()
      const second = secondAt(now)
      const minute = minuteAt(Math.floor(now / 60))
      const verdict = allowed ? 'allowed' : 'denied'
      second[verdict]++
      if (degraded !== null) second.degraded++
      tallyIn(minute.plans, plan, plan)[verdict]++
      // Only who was denied is asked for: who never was need not be known.
      const isKnown = minute.subjects.has(subject)
      if (isKnown || (!allowed && minute.subjects.size < MAX_SUBJECTS))
        tallyIn(minute.subjects, subject, plan)[verdict]++
    },

    seconds(count) {
      const now = secondNow()
      return Array.from({ length: count }, (_, i) => {
        const at = now - count + 1 + i
        const second = seconds[at % LIVE_SECONDS]
        return second?.at === at ? { ...second } : { at, ...NOTHING, degraded: 0 }
      })
    },

    plans: () =>
      sumOf('plans')
        .map(([plan, { allowed, denied }]) => ({ plan, allowed, denied }))
        .sort((a, b) => b.allowed + b.denied - a.allowed - a.denied),

    denied: (count) =>
      sumOf('subjects')
        .map(([subject, { plan, allowed, denied }]) => ({ subject, plan, allowed, denied }))
        .sort((a, b) => b.denied - a.denied)
        .slice(0, count),
  }
}

const NOTHING = { allowed: 0, denied: 0 }

function tallyIn(tallies: Map<string, Tally>, name: string, plan: string): Tally {
  let tally = tallies.get(name)
  if (tally === undefined) {
    tally = { plan, ...NOTHING }
    tallies.set(name, tally)
  }
  // The plan that it is on now.
  tally.plan = plan
  return tally
}
