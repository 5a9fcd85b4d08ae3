import { faultOf, HeadgateError } from '@headgate/core'

/**
 * Does work in which a field of a request may be wrong, and names it as the request has it: without `place` before it.
 *
 * @param others places that aren't the request's, though they may begin like it: names have dots
 */
export async function pointedAt<T>(
  place: string,
  work: () => Promise<T>,
  others: readonly string[] = [],
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error
    const { code, option = '', fix, value, cause } = error
    const isOthers = others.some((other) => isIn(place, other) && isIn(other, option))
    if (!isIn(place, option) || isOthers) throw error
    const message = faultOf(error).replaceAll(`${place}.`, '')
    throw new HeadgateError({ code, option: option.slice(place.length + 1), message, fix, value, cause })
  }
}

function isIn(place: string, option: string): boolean {
  return option.startsWith(`${place}.`)
}
