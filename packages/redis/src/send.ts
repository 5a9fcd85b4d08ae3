import type { Outcome } from '@headgate/core'
import { batchesOf } from './batches.ts'
import type { Call, Decisions, Deletions } from './calls.ts'
import { codeOf, severalSlots, storeFailed } from './errors.ts'
import { areMeters, readMeters, writeMeters } from './meters.ts'
import { readOne, writeOne } from './one.ts'
import { type Repeated, repeatsOf } from './repeats.ts'
import { portRule } from './rules.ts'
import type { Run } from './run.ts'
import { scripts } from './script.ts'
import { readAdjustments, readDecisions, writeAdjustments, writeDecisions } from './wire.ts'

type Answers = readonly (Outcome | Error)[]
type Batch = readonly Repeated[]

/** Sends calls. Where they take more than one script, each call is answered by itself, whatever ails the others' nodes. */
export type Send = (calls: readonly Call[]) => Promise<Answers> | readonly Promise<Outcome>[]

const NOTHING: Outcome = { now: 0, results: [] }

/**
 * Sends decisions together, in one EVALSHA. A server that answers CROSSSLOT is a Cluster, and did nothing: from then on
 * they go together by their subjects.
 */
export function createSend(run: Run, onCluster: () => void): Send {
  let cluster = false

  const attempt = (batch: Batch): Promise<Answers> => {
    const { call, times } = batch[0] as Repeated
    if (call.kind === 'delete') return forget(call)
    if (call.kind === 'adjust') {
      return run(scripts.adjust, writeAdjustments(call)).then((reply) => [readAdjustments(reply, call)])
    }
    const [check] = call.items
    if (batch.length === 1 && times === 1 && call.items.length === 1 && check !== undefined) {
      const script = scripts.one[portRule(check.rule).algorithm]
      return run(script, writeOne(call)).then((reply) => [readOne(reply, call)])
    }
    const repeats = batch as readonly Repeated<Decisions>[]
    return areMeters(repeats)
      ? run(scripts.meters, writeMeters(repeats)).then((reply) => readMeters(reply, repeats))
      : run(scripts.decide, writeDecisions(repeats)).then((reply) => readDecisions(reply, repeats))
  }

  /** Deletions need not happen at once, so in a Cluster each goes to its own node. */
  const forget = async ({ places }: Deletions): Promise<Answers> => {
    const keys = places.map(({ key }) => key)
    const groups = cluster ? keys.map((key) => [key]) : [keys]
    await Promise.all(groups.map((group) => run(scripts.forget, { keys: group, args: [] })))
    return [NOTHING]
  }

  const ask = (batch: Batch): Promise<Answers> =>
    attempt(batch).catch((error) => {
      if (codeOf(error) !== 'CROSSSLOT') throw storeFailed(error)
      return askApart(batch, error)
    })

  const askApart = async (batch: Batch, error: unknown): Promise<Answers> => {
    if (!cluster) {
      cluster = true
      onCluster()
    }
    const batches = batchesOf(batch, true)
    if (batches.length === 1 && batch[0]?.call.kind !== 'delete') throw severalSlots(error)
    const settled = await Promise.allSettled(answersOf(batch, batches))
    return settled.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as Error)))
  }

  const answersOf = (all: Batch, batches: readonly Batch[]): readonly Promise<Outcome>[] => {
    const answers = new Map<Repeated, readonly Promise<Outcome>[]>()
    for (const batch of batches) {
      const asked = ask(batch)
      let place = 0
      for (const each of batch) {
        const from = place
        place += each.times
        answers.set(
          each,
          Array.from({ length: each.times }, (_, i) => asked.then((found) => answerAt(found, from + i))),
        )
      }
    }
    return all.flatMap((each) => answers.get(each) as readonly Promise<Outcome>[])
  }

  return (calls) => {
    const repeats = repeatsOf(calls)
    const batches = batchesOf(repeats, cluster)
    return batches.length === 1 ? ask(repeats) : answersOf(repeats, batches)
  }
}

function answerAt(answers: Answers, i: number): Outcome {
  const answer = answers[i] as Outcome | Error
  if (answer instanceof Error) throw answer
  return answer
}
