import { describe, expect, it } from 'vitest'
import { laws } from '../src/index.ts'
import { mutants } from './mutants.ts'
import { storeOf } from './support.ts'

const seed = 20_400_101

describe('each law sees the store that breaks it', () => {
  for (const law of laws) {
    const { mistake, make } = mutants[law.name]
    it(`${law.name}: a store that ${mistake}`, async () => {
      await expect(law.check(() => storeOf({}), { seed })).resolves.toBeUndefined()
      await expect(law.check(make, { seed })).rejects.toThrow(/^Property failed/)
    })
  }
})
