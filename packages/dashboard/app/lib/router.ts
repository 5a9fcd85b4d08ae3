import { computed, signal } from '@preact/signals'

/** Where one is: `#/customers/acme?tab=…`, so that a reload, a bookmark and the back button all work. */
export interface Place {
  /** Decoded parts of the path. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
}

const hash = signal(location.hash)
addEventListener('hashchange', () => {
  hash.value = location.hash
})

export const place = computed<Place>(() => parse(hash.value))

/** The address of a place, for links. Names that are empty are left out. */
export function href(
  parts: readonly string[],
  query: { readonly [name: string]: string | undefined } = {},
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, value)
  }
  const path = `#/${parts.map(encode).join('/')}`
  return search.size === 0 ? path : `${path}?${search}`
}

export function go(to: string): void {
  location.hash = to
}

/** Changes what is asked for at the same place; the back button then leaves it. */
export function refine(query: { readonly [name: string]: string | undefined }): void {
  const { parts, query: before } = place.value
  replace(href(parts, { ...Object.fromEntries(before), ...query }))
}

/** Goes to a place as if one had been there all along. */
export function replace(to: string): void {
  history.replaceState(null, '', to)
  hash.value = to
}

function parse(text: string): Place {
  const [path = '', search = ''] = splitOnce(text.replace(/^#?\/?/, ''), '?')
  return { parts: path.split('/').map(decode), query: new URLSearchParams(search) }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function encode(part: string): string {
  return encodeURIComponent(part.toWellFormed())
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // typed by hand
  }
}
