import { conform } from '@headgate/conformance'
import { memoryStore } from '@headgate/memory'
import { describe, it } from 'vitest'

conform({ describe, it, store: () => memoryStore(), runs: 500 })
