export { createFetch, type Fetch } from './create-fetch.ts'
export type { FetchOptions } from './options.ts'
