import { encodeKey, fixedWindow } from '@headgate/core'
import { boolean, nat, record } from 'fast-check'
import { hostileKeys } from '../arbitraries/keys.ts'
import { starts } from '../arbitraries/steps.ts'
import { expectThat } from '../figures.ts'
import { type Law, law } from '../law.ts'
import { type Subject, subjectAt } from '../subject.ts'

const limit = fixedWindow({ limit: 1_000, window: '1h' })

export const keysAreIsolated: Law = law(
  'keys are isolated',
  'Whatever happens to one key happens to no other, however alike their names are and whatever stands in them.',
  record({ keys: hostileKeys, start: starts, chosen: nat(), deletes: boolean() }),
  async (store, { keys, start, chosen, deletes }, run) => {
    const subjects: Subject[] = []
    for (const { scope, id, disguised } of keys) {
      const before = disguised ? subjects.at(-1) : undefined
      subjects.push(subjectAt(store, limit, `${run}.${scope}`, before ? encodeKey(before.key) : id))
    }
    const used = new Map<Subject, number>()
    const expectUsed = async (): Promise<void> => {
      for (const [subject, units] of used) {
        const { figures } = await subject.look(start)
        const name = JSON.stringify(subject.key).slice(0, 300)
        expectThat(figures.used === units, `${name} was charged ${units}, and ${figures.used} count`)
      }
    }
    // Powers of two: what counts tells which keys were taken for one another.
    for (const [i, subject] of subjects.entries()) await subject.take(2 ** i, start)
    for (const [i, subject] of subjects.entries()) used.set(subject, 2 ** i)
    await expectUsed()
    const one = subjects[chosen % subjects.length] as Subject
    if (deletes) await store.delete([one.key])
    else await one.charge(100, start)
    used.set(one, deletes ? 0 : (used.get(one) ?? 0) + 100)
    await expectUsed()
  },
)
