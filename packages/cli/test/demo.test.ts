import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { headgate } from './support.ts'

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('headgate-demo-'))

describe('headgate demo', () => {
  it('serves, denies by plan, and replays its own log', async () => {
    const ran = await headgate(['demo', '--seconds', '2'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const table = new Map(
      [...ran.stdout.matchAll(/^ {2}(free|basic|premium|enterprise) +([\d,]+) +([\d,]+) +([\d,]+) /gm)].map(
        ([, plan, ...figures]) => [plan, figures.map((figure) => Number(figure.replace(',', '')))],
      ),
    )
    expect([...table.keys()]).toEqual(['free', 'basic', 'premium', 'enterprise'])
    let all = 0
    for (const [requests = 0, allowed = 0, denied = 0] of table.values()) {
      expect(requests).toBeGreaterThan(0)
      expect(allowed + denied).toBe(requests)
      all += requests
    }
    expect(table.get('free')?.[2]).toBeGreaterThan(0)
    expect(ran.stdout).toMatch(/A denial, to \w+-\w+: 429, Retry-After: \d+, \{"plan":/)
    // The log that is replayed is of these very requests.
    expect(ran.stdout).toMatch(new RegExp(`events +${all.toLocaleString('en-US')} in `))
    expect(ran.stdout).toMatch(/keys +12, by key/)
    expect(ran.stdout).toContain('side by side')
    expect(ran.stdout).toContain('npm start -- replay --limit')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cleans up when it is ended by %s', async (signal, code) => {
    const before = new Set(leftovers())
    let folders: string[] = []
    const ran = await headgate(['demo', '--seconds', '60'], {
      onStart: (child) => {
        child.stdout?.once('data', () => {
          folders = leftovers().filter((name) => !before.has(name))
          child.kill(signal)
        })
      },
    })
    expect(ran).toMatchObject({ code, stderr: '' })
    expect(folders.length).toBeGreaterThan(0)
    expect(leftovers().filter((name) => folders.includes(name))).toEqual([])
    expect(ran.stdout).toMatch(/premium +\d+/)
  })
})
