import { parseArgs } from 'node:util'
import type { Scenario } from './scenario.ts'

export interface Options {
  readonly chosen: readonly Scenario[]
  readonly quick: boolean
  readonly write: boolean
  readonly list: boolean
}

/** Reads the command line. A name chooses a scenario, or all of a suite; none chooses everything. */
export function readOptions(args: readonly string[], scenarios: readonly Scenario[]): Options {
  const flag = { type: 'boolean', default: false } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: flag, write: flag, list: flag },
  })
  const unknown = positionals.find((wanted) => !scenarios.some((scenario) => isCalled(scenario, wanted)))
  if (unknown !== undefined) throw new Error(`there is no scenario or suite "${unknown}": --list names them`)
  const chosen = scenarios.filter(
    (scenario) => positionals.length === 0 || positionals.some((wanted) => isCalled(scenario, wanted)),
  )
  if (values.write && (values.quick || chosen.length < scenarios.length)) {
    throw new Error('--write records a whole run: leave out names and --quick')
  }
  return { chosen, ...values }
}

function isCalled({ name, suite }: Scenario, wanted: string): boolean {
  return name === wanted || suite === wanted
}
