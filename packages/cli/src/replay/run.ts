import type { Decision, Micros, Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { createReader, type ReaderOptions } from './event.ts'
import { createJury } from './jury.ts'
import { MAX_RECORD, readBlocks } from './lines.ts'
import { createRecords } from './records.ts'
import type { AssignedPolicy, MalformedExample, Policy, ReplayResult } from './result.ts'
import { createPlanScores, createScore, type Score } from './score.ts'
import { type LogSource, unpacked } from './source.ts'
import { createTally } from './tally.ts'
import { createTimeline } from './timeline.ts'

/** How far a replay has come. */
export interface ReplayProgress {
  /** Bytes read, as they are stored. */
  readonly bytes: number
  readonly events: number
}

/** What to replay, and through what. */
export interface ReplayOptions extends ReaderOptions {
  /** What to try, side by side in one pass. */
  readonly policies: readonly (Policy | AssignedPolicy)[]
  /** The logs, in the order of their events. */
  readonly sources: readonly LogSource[]
  /** Where the states are meanwhile, under keys of this run alone; memory unless told. The caller closes it. */
  readonly store?: Store
  /** How many keys are counted, and kept by the memory store, one by one; 1,000,000 unless told. */
  readonly maxKeys?: number
  /** Stops early: the result tells of what was read until then. */
  readonly signal?: AbortSignal
  /** Called after each block that was read. */
  readonly onProgress?: (progress: ReplayProgress) => void
}

/** How many keys are counted one by one unless told; they take some 300 bytes each, with their states in memory. */
export const MAX_KEYS = 1_000_000
const EXAMPLES = 3

/**
 * Replays logs through policies in virtual time: events in file order, each decided at its own time, or at the latest one
 * seen where that is later, since a clock doesn't go back.
 *
 * @throws {@link HeadgateError} for options that can't be honoured; the system's errors for logs that can't be read
 * @example
 * ```ts
 * import { fileSource, replay } from '@headgate/cli'
 * import { tokenBucket } from '@headgate/core'
 *
 * const result = await replay({
 *   policies: [{ name: 'mine', limits: { burst: tokenBucket({ capacity: 10, refill: 30, per: '1m' }) } }],
 *   sources: [await fileSource('access.log.gz')],
 *   format: 'combined',
 * })
 * console.log(result.requests, result.policies[0]?.denied)
 * ```
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { policies, sources, maxKeys = MAX_KEYS, signal, onProgress } = options
  const memory = options.store === undefined ? memoryStore({ maxKeys }) : undefined
  const reader = createReader(options)
  const tally = createTally(policies.length, maxKeys)
  const timeline = createTimeline(policies.length)
  const scores = policies.map((policy) => createScore('planOf' in policy ? [] : Object.keys(policy.limits)))
  const planScores = policies.map((policy) =>
    'planOf' in policy ? createPlanScores(policy.plans ?? [], maxKeys) : undefined,
  )
  const plansOf = createPlansOf(policies)
  const jury = createJury(options.store ?? (memory as Store), policies, (event, decisions) => {
    timeline.request(event.now)
    for (let policy = 0; policy < decisions.length; policy++) {
      const decision = decisions[policy] as Decision
      scores[policy]?.add(decision, event.cost)
      planScores[policy]?.add(event.plans[policy]?.name ?? '', event.id, decision, event.cost)
      if (decision.allowed) continue
      tally.deny(event.slot, policy)
      timeline.deny(policy)
    }
  })

  let clock: Micros = 0
  let requests = 0
  let earliest: Micros = Number.POSITIVE_INFINITY
  let lateEvents = 0
  let lateMost: Micros = 0
  let malformed = 0
  const examples: MalformedExample[] = []
  let source = ''

  const reject = (line: number, reason: () => string): void => {
    malformed++
    if (examples.length < EXAMPLES) examples.push({ source, line, reason: reason() })
  }

  const take = (): void => {
    const { key, time, cost } = reader.event
    requests++
    if (time < earliest) earliest = time
    if (time >= clock) clock = time
    else {
      lateEvents++
      lateMost = Math.max(lateMost, clock - time)
    }
    const slot = tally.slotOf(key)
    // The tally's own string: its hash is known, and it doesn't hold on to the block.
    const id = tally.keyOf(slot)
    tally.request(slot)
    jury.ask({ slot, id, cost, now: clock, plans: plansOf(id, clock) })
  }

  const records = createRecords(
    reader.format,
    (bytes, at, end, line) => {
      const problem = reader.read(bytes, at, end)
      if (problem === undefined) take()
      else if (problem !== null) reject(line, problem)
    },
    reject,
  )

  let bytesRead = 0
  for (const log of sources) {
    if (signal?.aborted) break
    source = log.name
    records.begin()
    const chunks = unpacked(log.open(signal), (read) => {
      bytesRead += read
    })
    try {
      for await (const block of readBlocks(chunks, signal)) {
        for (let i = 0; i < block.tooLong; i++) records.skip(`longer than ${MAX_RECORD} bytes`)
        records.push(block.bytes, block.last)
        await jury.settle()
        onProgress?.({ bytes: bytesRead, events: requests })
      }
    } catch (error) {
      // What unpacks doesn't know what it unpacks.
      throw error instanceof Error && 'errno' in error ? Object.assign(error, { path: log.name }) : error
    }
  }
  reader.format.end()

  const { keys, estimated } = tally.counts()
  const overflowed = memory?.stats().overflowed ?? 0
  await memory?.close()
  return {
    sources: sources.map(({ name }) => name),
    format: options.format,
    fields: reader.fields(),
    numbers: reader.time.numbers,
    relative: reader.time.relative,
    requests,
    keys,
    keysEstimated: estimated,
    malformed,
    malformedExamples: examples,
    firstEvent: requests > 0 ? earliest : undefined,
    lastEvent: requests > 0 ? clock : undefined,
    late: { events: lateEvents, most: lateMost },
    overflowed,
    policies: policies.map((policy, i) => ({
      name: policy.name,
      limits: 'planOf' in policy ? undefined : policy.limits,
      ...(scores[i] as Score).result(tally.denied(i, 10)),
      plans: planScores[i]?.results() ?? [],
    })),
    timeline: timeline.build(),
    interrupted: signal?.aborted ?? false,
  }
}

/** On which plan a key is at a time, for each policy that goes by plans. Where none does, nothing is looked up nor made. */
function createPlansOf(
  policies: readonly (Policy | AssignedPolicy)[],
): (key: string, at: Micros) => readonly (Policy | undefined)[] {
  const none = policies.map(() => undefined)
  if (!policies.some((policy) => 'planOf' in policy)) return () => none
  return (key, at) => policies.map((policy) => ('planOf' in policy ? policy.planOf(key, at) : undefined))
}
