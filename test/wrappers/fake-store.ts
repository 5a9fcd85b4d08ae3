import type { Outcome, Store } from '@headgate/core'

/** What a fake store does with calls: `ok`, like the store within; the others instead of it, `late` after it. */
export type Mood = 'ok' | 'hang' | 'reject' | 'throw' | 'late'

/** A store around another that fails as it is told to, and counts what reaches it. */
export interface FakeStore extends Store {
  mood: Mood
  /** What it fails with. */
  error: unknown
  calls: number
  /** Lets what was `late` answer. */
  release(): void
}

/** Lets what was asked reach the store: promises, not timers. */
export async function sent(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

export function fakeStore(inner: Store): FakeStore {
  const waiting: (() => void)[] = []
  const act = <T>(work: () => Promise<T>): Promise<T> => {
    fake.calls++
    if (fake.mood === 'throw') throw fake.error
    if (fake.mood === 'reject') return Promise.reject(fake.error)
    if (fake.mood === 'hang') return new Promise(() => undefined)
    if (fake.mood === 'ok') return work()
    // Carried out, but the answer is on its way.
    const answer = work()
    return new Promise((resolve) => waiting.push(() => resolve(answer)))
  }
  const fake: FakeStore = {
    name: inner.name,
    mood: 'ok',
    error: new Error('connection refused'),
    calls: 0,
    ...(inner.clock && { clock: inner.clock }),
    decide: (checks, now): Promise<Outcome> => act(() => inner.decide(checks, now)),
    adjust: (changes, now) => act(() => inner.adjust(changes, now)),
    delete: (keys) => act(() => inner.delete(keys)),
    close: () => inner.close(),
    release: () => {
      for (const answer of waiting.splice(0)) answer()
    },
  }
  return fake
}
