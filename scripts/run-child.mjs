import { spawn } from 'node:child_process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program on this terminal, without a shell, and passes signals on to it.
 * Resolves with `{ code, signal }`: `signal` is the one that ended the child, if one did.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    const pass = (signal) => {
      // Ctrl-C on a terminal reaches the whole process group: passing it on would make it two.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of SIGNALS) process.on(signal, pass)
    const end = (result) => {
      for (const signal of SIGNALS) process.off(signal, pass)
      resolve(result)
    }
    child.once('error', (error) => {
      console.error(`headgate: cannot run ${command}: ${error.message}`)
      end({ code: 127, signal: null })
    })
    child.once('exit', (code, signal) => end({ code: code ?? 1, signal }))
  })
}

/** Runs a program quietly. Resolves with whether it exited with 0, and all that it printed. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    const add = (data) => {
      output += data
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.once('error', (error) => resolve({ ok: false, output: error.message }))
    child.once('close', (code, signal) =>
      resolve({ ok: code === 0, output: signal ? `${output}ended by ${signal}` : output }),
    )
  })
}
