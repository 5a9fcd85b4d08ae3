import { HeadgateError, invalidOption } from '../errors.ts'
import type { Store } from '../store.ts'

/** @throws {@link HeadgateError} `INVALID_OPTION` for what can't be wrapped */
export function checkStore(store: unknown, option = 'store'): asserts store is Store {
  const methods = ['decide', 'adjust', 'delete', 'close'] as const
  const given = store as Partial<Store> | null | undefined
  if (methods.every((method) => typeof given?.[method] === 'function')) return
  throw invalidOption(option, store, 'a store', 'Pass memoryStore() from @headgate/memory, or another store')
}

/** What a wrapper says that was closed. */
export function storeClosed(name: string): HeadgateError {
  return new HeadgateError({
    code: 'STORE_CLOSED',
    message: `The store "${name}" is closed`,
    fix: 'Close it when nothing uses it any more',
  })
}
