import { expiresAt, type Outcome } from '@headgate/core'
import { believe } from './belief.ts'
import { type States, tryCalls } from './calls.ts'
import { directUpdate } from './direct.ts'
import { storeContended } from './errors.ts'
import { encodeState, type Item } from './item.ts'
import type { Items, Write } from './items.ts'
import type { Waiting } from './queue.ts'
import { backoff, type Errand } from './requests.ts'
import type { Seen } from './seen.ts'
import type { ServerClock } from './server-clock.ts'
import { answerTaken, takenBy } from './taken.ts'

/** What belongs to a store. */
export interface Tools {
  readonly items: Items
  readonly clock: ServerClock
  readonly seen: Seen
}

/** The most races for a key that a batch may lose to other processes. */
const MAX_LOST = 100

/**
 * Decides calls for the same keys together. What they would do by what is believed of the items is worked out here, by the
 * functions of core, and sent as one request, on condition that the items are such. If they aren't, DynamoDB tells what they
 * are, and it is worked out anew. Nothing is answered that DynamoDB hasn't confirmed.
 */
export async function settle(
  batch: readonly Waiting[],
  keys: readonly string[],
  tools: Tools,
): Promise<void> {
  const { items, clock, seen } = tools
  const errand: Errand = { deadline: Math.max(...batch.map(({ deadline }) => deadline)), calls: batch.length }
  const [first] = batch
  if (first === undefined) return
  if (first.call.kind === 'delete') return remove(batch, keys, errand, tools)
  const { given } = first
  const belief = believe(keys, seen)
  const read = async () => belief.learn(await items.read(keys, errand), true)
  if (given === undefined && !clock.isHeld) await read()

  let left = batch
  for (let lost = 0; left.length > 0; ) {
    const now = given ?? clock.now()
    const { outcomes, changed } = tryCalls(
      left.map(({ call }) => call),
      belief.states,
      now,
    )
    if (changed.size === 0) {
      if (belief.isCertain) return answer(left, outcomes)
      await read()
      continue
    }
    const taken = takenBy(left, outcomes)
    const direct = taken && directUpdate(taken.rule, belief.states.get(taken.key), now, taken.units)
    if (taken !== undefined && direct !== undefined) {
      const { done, ...found } = await items.take(taken.key, direct, now, errand)
      belief.learn([found], true)
      if (done) {
        left = answerTaken(left, taken, belief, now)
        continue
      }
    } else {
      const writes = keys.map((key) => writeOf(key, belief.items.get(key), changed))
      const result = await items.write(writes, now, errand)
      if (result.done) {
        belief.learn(
          writes.flatMap(({ key, next }) => (next ? [{ key, item: next }] : [])),
          true,
        )
        return answer(left, outcomes)
      }
      belief.learn(result.found, result.othersConfirmed)
    }
    if (++lost > MAX_LOST) throw storeContended(lost)
    // The first time it was a wrong guess, or bad luck; after that, others are busy with the key.
    if (lost > 1) await new Promise((resolve) => setTimeout(resolve, backoff(lost - 2)))
  }
}

/** Deletions need no decision, and any number of them is one. */
async function remove(
  batch: readonly Waiting[],
  keys: readonly string[],
  errand: Errand,
  { items, seen }: Tools,
): Promise<void> {
  for (const key of keys) {
    await items.remove(key, errand)
    seen.set(key, undefined)
  }
  for (const { resolve } of batch) resolve({ now: 0, results: [] })
}

function answer(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
  for (const [i, { resolve }] of batch.entries()) resolve(outcomes[i] as Outcome)
}

function writeOf(key: string, believed: Item | undefined, changed: States): Write {
  const state = changed.get(key)
  if (state === undefined) return { key, believed }
  return { key, believed, next: encodeState(state), expiresAt: expiresAt(state) }
}
