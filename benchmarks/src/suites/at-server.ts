import type { Service } from '@headgate/services'
import { compete, type Entrant } from '../compete.ts'
import { type Goal, rowsOf } from '../figures.ts'
import type { Settings } from '../scenario.ts'
import { type Section, timeSection } from '../table.ts'

/** What is timed at a server. */
export interface AtServer {
  readonly title: string
  readonly settings: Pick<Settings, 'schedule' | 'crews'>
  readonly goals?: Record<string, Goal>
  readonly worker: string
  entrants(url: string): readonly Entrant[]
}

/** Times decisions at a server that is started for them. */
export async function competeAtServer(
  start: () => Promise<Service>,
  { title, settings, goals = {}, worker, entrants }: AtServer,
): Promise<Section> {
  const server = await start()
  try {
    const times = await compete(worker, () => entrants(server.url), settings)
    return timeSection(title, 'decision', rowsOf(times, goals))
  } finally {
    await server.stop()
  }
}
