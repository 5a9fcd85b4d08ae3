export type { ServiceOptions } from './options.ts'
export { type FileRegistryOptions, fileRegistry } from './registry/file-registry.ts'
export { memoryRegistry } from './registry/memory-registry.ts'
export type {
  Change,
  ChangesQuery,
  RecordedChange,
  Registry,
  SubjectsQuery,
  WriteOptions,
  WrittenPlans,
  WrittenSubject,
} from './registry/registry.ts'
export { createService, type ListenOptions, type Service } from './service.ts'
export { checkToken, checkTokenHash, type Scope, type Token } from './tokens.ts'
