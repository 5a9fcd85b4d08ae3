import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisScripts } from './clients.ts'
import { clientStuck, codeOf } from './errors.ts'
import type { Sent } from './list.ts'
import type { CheckedOptions } from './options.ts'
import type { Script } from './script.ts'

/** Runs a script on the server. */
export type Run = (script: Script, sent: Sent) => Promise<unknown>

/** The most scripts that the client is left to hold without an answer, however long their deadlines have passed. */
const MAX_HELD = 4_096

/** Milliseconds before a script is sent again to a Cluster that is moving its keys, at first; twice as many each time. */
const MOVING = 10

/**
 * Runs scripts by their SHA-1, and sends their text where the server says NOSCRIPT. Nothing is sent again but where the server
 * says that it did nothing: NOSCRIPT, and TRYAGAIN while a slot is on its way between two nodes.
 */
export function createRun(
  client: RedisScripts,
  { timeout, gather }: Pick<CheckedOptions, 'timeout' | 'gather'>,
  onFirstAnswer: () => void,
): Run {
  let held = 0
  let answered = false

  const answer = (reply: unknown): unknown => {
    held--
    if (!answered) {
      answered = true
      onFirstAnswer()
    }
    return reply
  }

  const insist = async (
    { source, sha }: Script,
    { keys, args }: Sent,
    refusal: unknown,
  ): Promise<unknown> => {
    // Past the deadline nobody waits for the answer, and what nobody waits for must not be carried out.
    const until = performance.now() + timeout
    let error = refusal
    for (let pause = MOVING; ; ) {
      const code = codeOf(error)
      if (code !== 'NOSCRIPT' && code !== 'TRYAGAIN') throw error
      if (code === 'TRYAGAIN') {
        if (performance.now() + pause >= until) throw error
        await sleep(pause)
        pause *= 2
      }
      try {
        return await (code === 'NOSCRIPT' ? client.eval(source, keys, args) : client.evalsha(sha, keys, args))
      } catch (next) {
        error = next
      }
    }
  }

  return (script, sent) => {
    if (held >= MAX_HELD) return Promise.reject(clientStuck(held))
    held++
    // Batches are few, and the server is to begin with one while the next is made.
    if (!gather) client.hold?.()
    // Without an async function around it: this is the way of every decision.
    return client.evalsha(script.sha, sent.keys, sent.args).then(answer, (refusal) =>
      insist(script, sent, refusal).then(answer, (error) => {
        held--
        throw error
      }),
    )
  }
}
