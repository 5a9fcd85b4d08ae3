import { conform, createModel } from '@headgate/conformance'
import { denialCache, observed, resilient, type Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { describe, it } from 'vitest'

const inner = { model: createModel, memory: () => memoryStore() }

for (const [name, make] of Object.entries(inner)) {
  describe(`observed(${name})`, () => {
    conform({ describe, it, store: () => observed(make(), () => undefined) })
  })
  describe(`denialCache(${name})`, () => {
    conform({ describe, it, store: () => denialCache(make()) })
  })
  describe(`resilient(${name})`, () => {
    conform({ describe, it, store: () => resilient(make(), { onError: 'deny' }) })
  })
  describe(`all of them around ${name}`, () => {
    conform({
      describe,
      it,
      store: (): Store =>
        observed(denialCache(resilient(make(), { onError: memoryStore(), share: 1 })), () => undefined),
    })
  })
}
