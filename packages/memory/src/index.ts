export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory-store.ts'
export type { SlotStats } from './slots.ts'
