export { type ConformOptions, conform, type Describe, type It, type Skip } from './conform.ts'
export type { Law, LawName, LawOptions, StoreFactory } from './law.ts'
export { laws } from './laws.ts'
export { createModel } from './model.ts'
