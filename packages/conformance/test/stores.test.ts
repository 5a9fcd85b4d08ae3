import { describe, it } from 'vitest'
import { conform, createModel } from '../src/index.ts'
import { expiringStore, mapStore } from './support.ts'

describe('casStore over a plain Map', () => {
  conform({ describe, it, store: mapStore })
})

describe('the model itself', () => {
  conform({ describe, it, ordered: true, store: createModel })
})

describe('a store that drops states as soon as it may', () => {
  conform({ describe, it, ordered: true, store: expiringStore })
})
