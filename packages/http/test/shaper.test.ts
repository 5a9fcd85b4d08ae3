import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createShaper } from '../src/shaper.ts'

const stay = () => () => {}

describe('those who wait', () => {
  test('are released in their order, each line by itself', async () => {
    const shaper = createShaper()
    const order: string[] = []
    const hold = (line: string, ms: number, name: string) =>
      shaper.hold(line, ms, stay).then((ran) => void order.push(`${name} ${ran}`))
    await Promise.all([hold('a', 30, 'a1'), hold('b', 5, 'b1'), hold('a', 30, 'a2'), hold('a', 60, 'a3')])
    expect(order).toEqual(['b1 true', 'a1 true', 'a2 true', 'a3 true'])
    expect(shaper.waiting).toBe(0)
  })

  test('move up when somebody before them leaves', async () => {
    const shaper = createShaper()
    let leave = () => {}
    const first = shaper.hold('a', 20, (listener) => {
      leave = listener
      return () => {}
    })
    const turns: string[] = []
    const second = shaper.hold('a', 60_000, stay).then(() => turns.push('second'))
    leave()
    expect(await first).toBe(false)
    // It has the turn of the first; its own is no longer anybody's.
    await second
    expect(turns).toEqual(['second'])
    expect(shaper.waiting).toBe(0)
  })

  test('a listener is taken back, and leaving twice or too late changes nothing', async () => {
    const shaper = createShaper()
    const listeners = new Set<() => void>()
    const onGone = (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    const [one, two] = [shaper.hold('a', 1, onGone), shaper.hold('a', 2, onGone)]
    const [leave] = listeners
    leave?.()
    leave?.()
    expect(await Promise.all([one, two])).toEqual([false, true])
    expect(listeners.size).toBe(0)
    leave?.()
    expect(shaper.waiting).toBe(0)
  })

  test('every one is answered once, whoever leaves when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ line: fc.constantFrom('a', 'b'), leaves: fc.boolean(), after: fc.nat(3) }), {
          maxLength: 12,
        }),
        async (requests) => {
          const shaper = createShaper()
          const ran: number[] = []
          const all = requests.map(({ line, leaves, after }, i) =>
            shaper
              .hold(line, i, (listener) => {
                if (leaves) setTimeout(listener, after)
                return () => {}
              })
              .then((released) => {
                if (released) ran.push(i)
                return released
              }),
          )
          await Promise.all(all)
          for (const line of ['a', 'b']) {
            const own = ran.filter((i) => requests[i]?.line === line)
            expect(own).toEqual(own.toSorted((a, b) => a - b))
          }
          requests.forEach(({ leaves }, i) => {
            if (!leaves) expect(ran).toContain(i)
          })
          expect(shaper.waiting).toBe(0)
        },
      ),
      { numRuns: 50 },
    )
  })
})
