import { setTimeout as sleep } from 'node:timers/promises'
import { createService, fileRegistry, type Registry, type Service } from '@headgate/server'
import { createUsage, type Usage } from '@headgate/usage'
import { openCounters } from './counters.ts'
import { within } from './ending.ts'
import { EXAMPLE_PLANS } from './example-plans.ts'
import { type Log, reasonOf } from './log.ts'
import type { ServeOptions } from './options.ts'
import { startPruning } from './pruning.ts'
import { openRecords } from './records.ts'
import type { Tokens } from './tokens.ts'

/** A service that listens. */
export interface Running {
  readonly url: string
  /** The example plans that were written since there were none. */
  readonly seeded: readonly string[]
  /** Ends it in good order. Resolves with whether all went well. */
  stop(): Promise<boolean>
}

/** How long who asked already may wait for the answer, when it ends. */
const ANSWER_MS = 10_000
/** How long usage may take to be written then, and all else to be closed. */
const CLOSE_MS = 5_000

/** Opens what the service needs, and lets it listen. Where something fails, nothing stays open. */
export async function startService(options: ServeOptions, { all }: Tokens, log: Log): Promise<Running> {
  const { plans, usageDays } = options
  const steps: Step[] = []
  try {
    const needsRecords = plans === undefined || usageDays > 0
    const records = needsRecords ? await openRecords(options.records) : undefined
    if (records !== undefined) steps.push(['what is kept', () => records.close(), CLOSE_MS])

    const registry =
      plans === undefined
        ? (records?.registry as Registry)
        : await fileRegistry(plans, { onError: (error) => log.warn(reasonOf(error)) })
    steps.push(['the plans', () => registry.close(), CLOSE_MS])
    const isEmpty = (await registry.plans()).default === ''

    const store = await openCounters(options.store, options.timeout, log)
    steps.push(['the store', () => store.close(), CLOSE_MS])

    let usage: Usage | undefined
    if (records !== undefined && usageDays > 0) {
      const kept = createUsage({ ledger: records.ledger, onError: (error) => log.warn(reasonOf(error)) })
      usage = kept
      steps.push(['usage', () => closeUsage(kept), CLOSE_MS + 1_000])
    }
    const service = await createService({
      store,
      registry,
      tokens: all,
      ...(usage && { usage }),
      ...(plans === undefined && { seed: EXAMPLE_PLANS }),
      timeout: options.timeout,
      failure: options.failure,
      instances: options.instances,
      headers: options.headers,
      shadow: options.shadow,
      logger: log.pino,
    })
    steps.push(['what is under way', () => service.close(), ANSWER_MS])
    records?.hurry()
    const url = await listen(service, options)
    if (usage !== undefined && records !== undefined) {
      const stopPruning = startPruning(records.ledger, usageDays, log)
      steps.push(['pruning', async () => stopPruning(), CLOSE_MS])
    }
    const seeded = isEmpty ? Object.keys(EXAMPLE_PLANS.plans) : []
    return { url, seeded, stop: () => undo(steps, log) }
  } catch (error) {
    await undo(steps, log)
    throw error
  }
}

/** What it is about, how it is ended, and how long that may take. */
type Step = readonly [what: string, end: () => Promise<unknown>, ms: number]

/** From the last to the first: who asks before what is asked. */
async function undo(steps: readonly Step[], log: Log): Promise<boolean> {
  let isFine = true
  for (const [what, end, ms] of steps.toReversed()) {
    try {
      await within(ms, end())
    } catch (error) {
      isFine = false
      log.error(`At the end, ${what}: ${reasonOf(error)}`)
    }
  }
  return isFine
}

/** What isn't written yet is tried again, as long as there is time. */
async function closeUsage(usage: Usage): Promise<void> {
  const until = performance.now() + CLOSE_MS
  for (;;) {
    try {
      return await usage.close()
    } catch (error) {
      if (performance.now() >= until) throw error
      await sleep(250)
    }
  }
}

async function listen(service: Service, { host, port }: ServeOptions): Promise<string> {
  try {
    return await service.listen({ host, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = LISTENING[code ?? ''] ?? reasonOf(error)
    throw new Error(`can't listen on ${host}, port ${port}: ${why}`)
  }
}

const LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does already. Use --port N for another port, 0 for any that is free',
  EACCES: 'it may not. Use --port N for a port from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address. Use --host 127.0.0.1, or 0.0.0.0 for all',
  ENOTFOUND: 'there is no such host. Use --host 127.0.0.1, or 0.0.0.0 for all',
}
