import type { Limit, Micros, Store } from '@headgate/core'
import type { Call, Program } from './arbitraries/programs.ts'
import { timeFrom } from './arbitraries/steps.ts'
import { expectSame, expectThat, type Figures } from './figures.ts'
import { type Charge, chargesOf, readingsOf, requestOf, send } from './request.ts'
import { ruleAt } from './rule-figures.ts'
import type { Reading } from './subject.ts'

/** A store, or one way to ask it, and the word with which its scopes start. */
export interface Port {
  readonly name: string
  readonly scope: string
  readonly store: Pick<Store, 'decide' | 'adjust' | 'delete'>
}

/** How far a program is followed. */
export interface FollowOptions {
  /** How far its clock may go back; as far as one is trusted to lag unless told. */
  readonly reach?: Micros
  /** Whether it ends here: what the ports answer from now on may differ. `latest` is the latest time that was used. */
  readonly endsAt?: (latest: Micros) => boolean
}

/** Lets a program run at both ports, call by call. Everything that they answer must be the same. */
export async function follow(
  program: Program,
  actual: Port,
  expected: Port,
  { reach, endsAt }: FollowOptions = {},
): Promise<void> {
  const limits: Limit[] = [...program.limits]
  const time = timeFrom(program.start, reach)
  const runs = [actual, expected].map((port) => ({ port, charges: [] as Charge[] }))
  let answer: Figures | undefined
  for (const [n, { step, call }] of program.calls.entries()) {
    if (call.kind === 'change') limits[call.limit] = call.to
    const now = time.move(step, ruleAt(limits[limitOf(call)] as Limit, time.now), answer)
    if (endsAt?.(time.latest)) return
    const [readings = [], others = []] = await Promise.all(
      runs.map(({ port, charges }) => perform(call, port, charges, limits, now)),
    )
    expectThat(
      readings.length === others.length,
      `call ${n}: ${readings.length} results, not ${others.length}`,
    )
    for (const [i, reading] of readings.entries()) {
      const other = others[i] as Reading
      const what = `call ${n}, ${call.kind}, result ${i}, ${actual.name} against ${expected.name}`
      expectSame(what, { now: reading.now, ...reading.figures }, { now: other.now, ...other.figures })
    }
    answer = others[0]?.figures ?? answer
  }
}

/** The limit by which a call's step is measured, by its number. */
export function limitOf(call: Call): number {
  if ('asks' in call) return call.asks[0]?.limit ?? 0
  return 'limit' in call ? call.limit : 0
}

async function perform(
  call: Call,
  { store, scope }: Port,
  charges: Charge[],
  limits: readonly Limit[],
  now: Micros,
): Promise<readonly Reading[]> {
  const request = requestOf(call, scope, charges, limits, now)
  if (request === undefined) return []
  const readings = readingsOf(request, await send(store, request, now))
  charges.push(...chargesOf(call, request, readings))
  return readings
}
