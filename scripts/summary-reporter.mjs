// Ends a test run with the skipped tests, the time, and the line `N passed, N failed, N skipped`.
import { writeSync } from 'node:fs'

export class SummaryReporter {
  #lines = []
  #vitest
  #failRun = false

  onInit(vitest) {
    this.#vitest = vitest
    // Written on exit, since vitest prints more (coverage) after the last reporter is told of the end.
    process.once('exit', () => {
      if (this.#lines.length > 0) writeSync(1, `${this.#lines.join('\n')}\n`)
      if (this.#failRun) process.exitCode = 1
    })
  }

  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state) => tests.filter((test) => test.result().state === state)
    const skipped = inState('skipped')
    // A file that does not load has no tests, and an error outside a test belongs to none: each counts as one failure.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length

    this.#lines = skipped.map((test) => {
      const reason = test.result().note ?? 'no reason given'
      return `skipped: ${test.module.relativeModuleId} > ${test.fullName} (${reason})`
    })
    // Tests left out by `-t` are "skipped" too, but those the caller asked for.
    const filtered = Boolean(this.#vitest.config.testNamePattern)
    if (filtered) this.#lines = []
    if (process.env.CI && skipped.length > 0 && !filtered) {
      this.#failRun = true
      this.#lines.push('In CI a skipped test fails the run.')
    }
    const started = Number(process.env.HEADGATE_STARTED)
    if (started) this.#lines.push(`headgate test: ${((Date.now() - started) / 1000).toFixed(1)} s in all`)
    this.#lines.push(
      `${inState('passed').length} passed, ${inState('failed').length + broken} failed, ${skipped.length} skipped`,
    )
  }
}
