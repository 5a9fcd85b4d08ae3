import type { Outcome } from '@headgate/core'
import { batchesOf } from './batches.ts'
import type { Call, Decisions, Deletions } from './calls.ts'
import { codeOf, severalSlots, storeFailed } from './errors.ts'
import { areMeters, readMeters, writeMeters } from './meters.ts'
import { readOne, writeOne } from './one.ts'
import { portRule } from './rules.ts'
import type { Run } from './run.ts'
import { scripts } from './script.ts'
import { readAdjustments, readDecisions, repeatsOf, writeAdjustments, writeDecisions } from './wire.ts'

type Answers = readonly (Outcome | Error)[]
type Batch = readonly Call[]

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
    const call = batch[0] as Call
    if (call.kind === 'delete') return forget(call)
    if (call.kind === 'adjust') {
      return run(scripts.adjust, writeAdjustments(call)).then((reply) => [readAdjustments(reply, call)])
    }
    if (batch.length > 1 || call.items.length !== 1) {
      const repeats = repeatsOf(batch as readonly Decisions[])
      if (areMeters(repeats)) {
        return run(scripts.meters, writeMeters(repeats)).then((reply) => readMeters(reply, repeats))
      }
      return run(scripts.decide, writeDecisions(repeats)).then((reply) => readDecisions(reply, repeats))
    }
    const { algorithm } = portRule((call.items[0] as Decisions['items'][number]).rule)
    return run(scripts.one[algorithm], writeOne(call)).then((reply) => [readOne(reply, call)])
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
    if (batches.length === 1 && batch[0]?.kind !== 'delete') throw severalSlots(error)
    const settled = await Promise.allSettled(answersOf(batch, batches))
    return settled.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as Error)))
  }

  const answersOf = (calls: Batch, batches: readonly Batch[]): readonly Promise<Outcome>[] => {
    const answers = new Map<Call, Promise<Outcome>>()
    for (const batch of batches) {
      const asked = ask(batch)
      for (const [i, call] of batch.entries())
        answers.set(
          call,
          asked.then((found) => answerAt(found, i)),
        )
    }
    return calls.map((call) => answers.get(call) as Promise<Outcome>)
  }

  return (calls) => {
    const batches = batchesOf(calls, cluster)
    return batches.length === 1 ? ask(calls) : answersOf(calls, batches)
  }
}

function answerAt(answers: Answers, i: number): Outcome {
  const answer = answers[i] as Outcome | Error
  if (answer instanceof Error) throw answer
  return answer
}
