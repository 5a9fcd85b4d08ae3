import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Duration, errorIn, HeadgateError, invalidOption, quiet, showValue, toMs } from '@headgate/core'
import { isScalar, parseDocument, visit } from 'yaml'
import type { PlansConfig } from './book.ts'
import { parseConfig } from './config.ts'

/** For how long a text must have been the same, so that one isn't read that is being written. */
const SETTLE_MS = 100

/** A watch that goes on until it is closed. It keeps no process alive. */
export interface ConfigWatch {
  close(): void
}

/** Options of {@link watchConfig}. */
export interface WatchOptions {
  /** Told of what the file says, soon after the call and whenever that has changed, if it is right. */
  readonly onConfig: (config: PlansConfig) => void
  /** Told why a file is wrong or can't be read; what was in force before stays so. What it throws is dropped. */
  readonly onError: (error: unknown) => void
  /** How often the file is looked at. `"1s"` unless told. */
  readonly interval?: Duration
}

/**
 * Plans from a file: JSON, or YAML 1.2.
 *
 * @param path a file that ends in `.json`, `.yaml` or `.yml`
 * @throws HeadgateError as `parseConfig` does, with the file's name; the system's error where it can't be read
 * @example
 * ```ts
 * import { createDirectory } from '@headgate/plans'
 * import { readConfig } from '@headgate/plans/file'
 *
 * const directory = createDirectory(await readConfig('plans.yaml'))
 * ```
 */
export async function readConfig(path: string): Promise<PlansConfig> {
  return parseFile(path, await textOf(path))
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    // Of a directory the system doesn't say which.
    throw Object.assign(error as NodeJS.ErrnoException, { path })
  }
}

/**
 * Follows a file: tells what it says, now and after each change, or why it is wrong. It looks at the file again and again, so
 * it also sees a file that was replaced, or one behind a link that was turned to another, as Kubernetes does. A text counts once
 * it has stayed the same for a tenth of a second: most editors, and `cp`, empty a file before they write it.
 *
 * @example
 * ```ts
 * import { createDirectory } from '@headgate/plans'
 * import { readConfig, watchConfig } from '@headgate/plans/file'
 *
 * const directory = createDirectory(await readConfig('plans.yaml'))
 * const watch = watchConfig('plans.yaml', { onConfig: (config) => directory.update(config), onError: console.error })
 * // …
 * watch.close()
 * ```
 */
export function watchConfig(path: string, { onConfig, onError, interval = '1s' }: WatchOptions): ConfigWatch {
  for (const [option, value] of Object.entries({ onConfig, onError })) {
    if (typeof value !== 'function') throw invalidOption(option, value, 'a function', 'Pass (what) => { … }')
  }
  // What it throws would end the watch.
  const tell = quiet(onError)
  const intervalMs = toMs(interval, 'interval')
  const settleMs = Math.min(SETTLE_MS, intervalMs)
  let seen: string | undefined
  let isClosed = false
  const look = async (): Promise<void> => {
    try {
      let text: string | undefined
      for (;;) {
        const now = await textOf(path)
        if (isClosed || now === seen) return
        if (now === text) break
        text = now
        await new Promise((resolve) => setTimeout(resolve, settleMs).unref())
      }
      seen = text
      onConfig(parseFile(path, text))
    } catch (error) {
      if (!isClosed) tell?.(error)
    }
  }
  // One after the other: an older text must not come after a newer one.
  let looks = Promise.resolve()
  const listener = (): void => {
    looks = looks.then(look)
  }
  watchFile(path, { interval: intervalMs, persistent: false }, listener)
  // What was written between the caller's own reading and this isn't seen otherwise.
  listener()
  return {
    close() {
      isClosed = true
      unwatchFile(path, listener)
    },
  }
}

function parseFile(path: string, text: string): PlansConfig {
  let data: unknown
  try {
    data = path.endsWith('.json') ? JSON.parse(text) : parseYaml(text)
  } catch (cause) {
    // The first line says what is wrong and where; those that follow show the place.
    const [why] = (cause as Error).message.split('\n')
    throw new HeadgateError({
      code: 'INVALID_OPTION',
      option: 'path',
      value: path,
      message: `${showValue(path)} can't be read as ${path.endsWith('.json') ? 'JSON' : 'YAML'}: ${why}`,
      fix: 'Correct it there',
      cause,
    })
  }
  try {
    return parseConfig(data)
  } catch (error) {
    throw error instanceof HeadgateError ? errorIn(showValue(path), error) : error
  }
}

/** @throws YAMLParseError, or Error for a key that stands twice in one place: `yaml` compares each with each, which takes minutes of many */
function parseYaml(text: string): unknown {
  const document = parseDocument(text, { merge: true, uniqueKeys: false })
  const [wrong] = document.errors
  if (wrong !== undefined) throw wrong
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key) || key.value === '<<') continue
        if (seen.has(key.value)) {
          const line = text.slice(0, key.range?.[0]).split('\n').length
          throw new Error(`${showValue(key.value)} stands there twice, again at line ${line}`)
        }
        seen.add(key.value)
      }
    },
  })
  return document.toJS()
}
