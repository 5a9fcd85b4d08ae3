const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})'

/** The three forms that RFC 9110 has a recipient accept; servers write the first. */
const FORMS = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${TIME} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
]

/**
 * An HTTP date in milliseconds since the Unix epoch; undefined if it isn't one. `Date.parse` would take nearly anything
 * for a date, "-1" included.
 *
 * @param now in milliseconds, to tell the century of a year of two digits
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups
    if (parts === undefined) continue
    const number = (name: string): number => Number(parts[name])
    const month = MONTHS.indexOf(parts['month'] ?? '')
    const [day, hour, minute, second] = [number('day'), number('hour'), number('minute'), number('second')]
    const year = parts['year']?.length === 2 ? fullYear(number('year'), now) : number('year')
    const ms = Date.UTC(year, month, day, hour, minute, second)
    // A leap second is a time; the 31st of June isn't.
    const exists = month >= 0 && hour < 24 && minute < 60 && second <= 60
    return exists && new Date(Date.UTC(year, month, day)).getUTCDate() === day ? ms : undefined
  }
  return undefined
}

/** What seems to lie more than 50 years ahead is of the century before. */
function fullYear(year: number, now: number): number {
  const current = new Date(now).getUTCFullYear()
  const full = current - (current % 100) + year
  return full > current + 50 ? full - 100 : full
}
