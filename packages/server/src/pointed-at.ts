import { faultOf, HeadgateError } from '@headgate/core'

/** Does work in which a field of a request may be wrong, and names it as the request has it: without `place` before it. */
export async function pointedAt<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof HeadgateError) || !error.option?.startsWith(`${place}.`)) throw error
    const { code, fix, value, cause } = error
    const option = error.option.slice(place.length + 1)
    const message = faultOf(error).replaceAll(`${place}.`, '')
    throw new HeadgateError({ code, option, message, fix, value, cause })
  }
}
