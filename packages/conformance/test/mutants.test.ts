import { encodeKey, type Key, type Store } from '@headgate/core'
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

/** What a backend may make of an id before it looks for it. */
const confusions: { readonly [mistake: string]: (id: string) => string } = {
  'reads up to the first NUL': (id) => id.split('\0', 1)[0] ?? '',
  'drops what is no text': (id) => id.replace(/\p{Cc}/gu, ''),
  'encodes as UTF-8': (id) => new TextDecoder().decode(new TextEncoder().encode(id)),
  'skips a byte order mark': (id) => id.replace(/^\ufeff/, ''),
  'folds case': (id) => id.toLowerCase(),
  'folds case as the Unicode says': (id) => id.toUpperCase(),
  'normalises to NFC': (id) => id.normalize('NFC'),
  'normalises to NFKC': (id) => id.normalize('NFKC'),
  'folds accents': (id) => id.normalize('NFD').replace(/\p{M}/gu, ''),
  'ignores what has no width': (id) => id.replace(/\p{Cf}/gu, ''),
  'pads with spaces': (id) => id.replace(/ +$/, ''),
  trims: (id) => id.trim(),
  'reads numbers': (id) => (id !== '' && Number.isFinite(Number(id)) ? String(Number(id)) : id),
  'keeps 128 characters': (id) => id.slice(0, 128),
  'keeps 64 KiB': (id) => id.slice(0, 65_536),
  'keeps the last 128 characters': (id) => id.slice(-128),
  'hashes what stands in braces': (id) => /\{([^}]+)\}/.exec(id)?.[1] ?? id,
  'decodes percents': (id) => id.replace(/%61/g, 'a'),
  'resolves paths': (id) => id.replace(/^\.\//, ''),
  'finds what every object has': (id) => (id in {} ? '' : id),
}

describe('hostile ids are kept apart: a store that', () => {
  const law = laws.find(({ name }) => name === 'hostile ids are kept apart')
  const verdictOn = async (make: () => Store): Promise<string> => {
    const error: unknown = await law?.check(make, { seed }).catch((reason) => reason)
    return String((error as Error | undefined)?.cause)
  }

  it.each(Object.entries(confusions))('%s', async (_, seen) => {
    const keyOf = ({ scope, id }: Key) => `${scope.length}:${scope}${seen(id)}`
    expect(await verdictOn(() => storeOf({ keyOf }))).toMatch(/\d keys were taken for others: \{"scope":/)
  })

  it.each(['', '/', ':', '\0', '#'])('joins scope and id by %j', async (joint) => {
    const keyOf = ({ scope, id }: Key) => `${scope}${joint}${id}`
    expect(await verdictOn(() => storeOf({ keyOf }))).toMatch(/taken for others/)
  })

  it('takes what looks like its own key for it', async () => {
    const keyOf = ({ scope, id }: Key) => (/^\d+:t/.test(id) ? id : encodeKey({ scope, id }))
    expect(await verdictOn(() => storeOf({ keyOf }))).toMatch(/taken for others/)
  })

  it('forgets', async () => {
    expect(await verdictOn(() => storeOf({ load: () => undefined }))).toMatch(/forgotten/)
  })

  it('resets nothing', async () => {
    expect(await verdictOn(() => ({ ...storeOf({}), delete: async () => undefined }))).toMatch(/not reset/)
  })

  it('resets what is alike', async () => {
    const make = (): Store => {
      const store = storeOf({})
      const alike = ({ id }: Key) => (id.length < 9 ? ['A', 'a', 'a\0', 'b/c'] : [id])
      return {
        ...store,
        delete: (keys) =>
          store.delete(keys.flatMap((key) => [key, ...alike(key).map((id) => ({ ...key, id }))])),
      }
    }
    expect(await verdictOn(make)).toMatch(/\d keys were reset along with others/)
  })
})
