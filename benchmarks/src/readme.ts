const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'

/** The text with what stands between the two markers replaced. */
export function putResults(readme: string, results: string): string {
  const from = readme.indexOf(START)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) throw new Error(`the text has no ${START} before a ${END}`)
  return `${readme.slice(0, from + START.length)}\n\n${results.trim()}\n\n${readme.slice(to)}`
}
