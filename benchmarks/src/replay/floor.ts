// The least that replaying a log can be: `node floor.ts FILE` reads lines, parses each, and puts it through a token bucket in
// a Map and a Float64Array. No malformed lines, no other formats, no report. It counts in whole numbers, as Headgate does, so
// that the two must agree.
import { createReadStream } from 'node:fs'
import { BUCKET } from './bucket.ts'

const { capacity, refill, perMicros } = BUCKET
const slots = new Map<string, number>()
const cells = new Float64Array(2 ** 20)
let clock = 0
let requests = 0
let allowed = 0

/** Microseconds since the epoch of `YYYY-MM-DD HH:MM:SS.ffffff`. */
function timeOf(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 10)}T${stamp.slice(11, 23)}Z`) * 1_000 + Number(stamp.slice(23))
}

function take(key: string, now: number): boolean {
  let at = slots.get(key)
  if (at === undefined) {
    at = slots.size * 2
    slots.set(key, at)
  }
  // A unit of the level is what drains in a microsecond, times `perMicros`; the elapsed time is bounded, so it stays exact.
  const elapsed = Math.min(now - (cells[at] as number), Math.ceil((capacity * perMicros) / refill))
  const level = Math.max(0, (cells[at + 1] as number) - elapsed * refill) + perMicros
  if (level > capacity * perMicros) return false
  cells[at] = now
  cells[at + 1] = level
  return true
}

function replay(line: string): void {
  const event = JSON.parse(line)
  clock = Math.max(clock, timeOf(event.timestamp))
  requests++
  if (take(event.source_ip, clock)) allowed++
}

let rest = ''
for await (const chunk of createReadStream(process.argv[2] as string, {
  encoding: 'utf8',
  highWaterMark: 2 ** 18,
})) {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop() as string
  for (const line of lines) replay(line)
}
if (rest !== '') replay(rest)
console.log(JSON.stringify({ requests, allowed, denied: requests - allowed, keys: slots.size, malformed: 0 }))
