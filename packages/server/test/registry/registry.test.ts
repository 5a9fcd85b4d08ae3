import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change, ChangesQuery, SubjectsQuery } from '../../src/registry/registry.ts'
import { expectConsistent, inOrder, Model } from './model.ts'
import { allSubjects, codeOf, REGISTRIES } from './support.ts'

const PLANS = ['free', 'pro', 'Free', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'a.b-c_9']

/** In several scripts and directions, of all lengths, and with what means something to somebody. */
const SUBJECTS = [
  ...[
    '__proto__',
    'constructor',
    'a',
    'A',
    'aa',
    'ab',
    'a%',
    'a_',
    'a%b',
    'a_b',
    'axb',
    '%',
    '_',
    '\\',
    'a\\',
  ],
  ...[
    '\'; DROP TABLE "x"; --',
    '"',
    '$1',
    '?',
    ':a',
    '\u0001',
    '\u007f',
    '\u2028',
    ' ',
    'a ',
    'é',
    'e\u0301',
  ],
  ...[
    'ß',
    'SS',
    'ı',
    'שלום',
    '\u202eevil',
    '\ud7ff',
    '\ud7ffa',
    '\ue000',
    '\uff5e',
    '\uffff',
    '😀',
    '😀a',
    '😁',
  ],
  ...[
    '\u{10ffff}',
    '\u{10ffff}a',
    '\u{10ffff}\u{10ffff}',
    'a\u{10ffff}',
    'a\u{10ffff}z',
    'x'.repeat(512),
    '😀'.repeat(256),
    '👨‍👩‍👧',
  ],
]
const PREFIXES = ['', 'x', 'xx', '\ud7ff', 'a\\', '\u{10ffff}', 'nobody', ...SUBJECTS.slice(0, 16), '😀', '"']

const anyPlan = fc.constantFrom(...PLANS)
const anySubject = fc.constantFrom(...SUBJECTS)
/** Any JSON, for a registry isn't told what options there are. */
const anyOptions = fc.oneof(
  fc.record({ daily: fc.nat() }),
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  fc.constant({ limits: { x: null }, '\u0000': '\u0000\ud800', timeZone: undefined }),
)
const anyAssignment = fc.record(
  {
    plan: anyPlan,
    until: fc.oneof(
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
      fc.constant('2999-01-01T00:00:00Z'),
    ),
    daily: fc.nat(),
    priority: fc.constant(null),
  },
  { requiredKeys: ['plan'] },
)
const anyChange = fc.oneof(
  fc.record({
    type: fc.constant('plans.replaced'),
    default: anyPlan,
    plans: fc.dictionary(anyPlan, anyOptions, { maxKeys: 5 }),
  }),
  fc.record({ type: fc.constant('plan.set'), plan: anyPlan, options: anyOptions }),
  fc.record({ type: fc.constant('plan.deleted'), plan: anyPlan }),
  fc.record({ type: fc.constant('default.set'), plan: anyPlan }),
  fc.record({ type: fc.constant('subject.set'), subject: anySubject, assignment: anyAssignment }),
  fc.record({ type: fc.constant('subject.set'), subject: anySubject, assignment: anyAssignment }),
  fc.record({ type: fc.constant('subject.deleted'), subject: anySubject }),
  fc.record({ type: fc.constant('subject.reset'), subject: anySubject }),
) as fc.Arbitrary<Change>
const anyLimit = fc.constantFrom(1, 2, 3, 1_000)

/** Something to do. Numbers stand for what is known only then: ids that there are, or nearly. */
const anyStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      write: anyChange,
      actor: fc.constantFrom('ann', '__proto__', "o'😀"),
      off: fc.oneof(
        { weight: 9, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
      ),
      upTo: fc.option(fc.nat(30), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ subject: anySubject }) },
  {
    weight: 2,
    arbitrary: fc.record({
      subjects: fc.record(
        { after: anySubject, limit: anyLimit, prefix: fc.constantFrom(...PREFIXES), plan: anyPlan },
        { requiredKeys: ['limit'] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      changes: fc.record(
        { after: fc.nat(30), before: fc.nat(30), limit: anyLimit, subject: anySubject },
        { requiredKeys: ['limit'] },
      ),
    }),
  },
)

const plain = <T>(data: T): T => JSON.parse(JSON.stringify(data))

describe.each(REGISTRIES)('$name', ({ name, opener }) => {
  test('does what a plain model does', async () => {
    const open = opener()
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), async (steps) => {
        const registry = await open()
        const model = new Model()
        // So that most of what follows can be.
        const first: Change = {
          type: 'plans.replaced',
          default: 'free',
          plans: Object.fromEntries(['free', 'pro', 'constructor'].map((plan) => [plan, {}])),
        }
        for (const step of [{ write: first, actor: 'ann', off: 0, upTo: undefined }, ...steps]) {
          if ('write' in step) {
            const { write: change, actor, off, upTo } = step
            const revision = model.revision + off
            const verdict = model.verdict(plain(change), revision, upTo)
            let id: number | undefined
            const found = await codeOf(async () => {
              id = await registry.write(change, { actor, revision, ...(upTo !== undefined && { upTo }) })
            })
            expect([change, found === 'none' ? (id === undefined ? 'nothing' : 'written') : found]).toEqual([
              change,
              verdict,
            ])
            if (id === undefined) continue
            expect(id).toBeGreaterThan(model.changes.at(-1)?.id ?? 0)
            model.apply(id, actor, plain(change))
            const plans = await registry.plans()
            expect(plans.revision).toBe(model.revision)
          } else if ('subject' in step) {
            const found = await registry.subject(step.subject)
            expect(found?.assignment).toEqual(model.subjects.get(step.subject)?.assignment)
            expect(found?.subject).toBe(found === undefined ? undefined : step.subject)
          } else if ('subjects' in step) {
            const query = step.subjects as SubjectsQuery
            const found = await registry.subjects(query)
            const expected = model.subjectsOf(query).map(({ setBy: _, ...one }) => one)
            expect(found.map(({ changedAt: _, ...one }) => one)).toEqual(expected)
          } else {
            const query = step.changes as ChangesQuery
            const found = await registry.changes(query)
            expect(found.map(({ at: _, ...one }) => one)).toEqual(model.changesOf(query))
          }
        }
        const changes = await expectConsistent(registry)
        expect(changes.map(({ at: _, ...one }) => one)).toEqual(model.changes)
        for (const { at } of changes) expect(Math.abs(at - Date.now())).toBeLessThan(3_600_000)
      }),
      { numRuns: name === 'postgres' ? 40 : 150 },
    )
  })

  test('of plans nobody finds one by a name that isn’t one’s', async () => {
    const registry = await opener()()
    expect(await registry.plans()).toEqual({ revision: 0, default: '', plans: {} })
    const plans = { free: { daily: 1 }, ['__proto__']: { daily: 2 } }
    await registry.write({ type: 'plans.replaced', default: 'free', plans }, { actor: 'ann', revision: 0 })
    const read = (await registry.plans()).plans
    expect(Object.entries(read)).toEqual([
      ['__proto__', { daily: 2 }],
      ['free', { daily: 1 }],
    ])
    expect('constructor' in read).toBe(false)
    expect('toString' in read).toBe(false)
  })

  test('all subjects come once and in the order of their code points, whatever the page', async () => {
    const registry = await opener()()
    const plans = { free: {}, pro: {} }
    const revision = await registry.write(
      { type: 'plans.replaced', default: 'free', plans },
      { actor: 'ann', revision: 0 },
    )
    const by = { actor: 'ann', revision: revision! }
    const put = (subject: string, plan: string) =>
      registry.write({ type: 'subject.set', subject, assignment: { plan } }, by)
    for (const [i, subject] of SUBJECTS.toReversed().entries())
      await put(subject, i % 3 === 0 ? 'pro' : 'free')
    const sorted = SUBJECTS.toSorted(inOrder)
    for (const limit of [1, 7, SUBJECTS.length, 1_000]) {
      expect((await allSubjects(registry, limit)).map(({ subject }) => subject)).toEqual(sorted)
    }
    for (const prefix of [...PREFIXES, ...SUBJECTS]) {
      for (const plan of ['free', 'pro']) {
        const found = await registry.subjects({ limit: 1_000, prefix, plan })
        const expected = sorted.filter(
          (subject) =>
            subject.startsWith(prefix) &&
            (SUBJECTS.toReversed().indexOf(subject) % 3 === 0 ? 'pro' : 'free') === plan,
        )
        expect([prefix, found.map(({ subject }) => subject)]).toEqual([prefix, expected])
      }
    }
  })

  test('who pages while others write sees each that stays once', async () => {
    const registry = await opener()()
    const revision = await registry.write(
      { type: 'plans.replaced', default: 'free', plans: { free: {} } },
      { actor: 'ann', revision: 0 },
    )
    const by = { actor: 'ann', revision: revision! }
    const put = (subject: string) =>
      registry.write({ type: 'subject.set', subject, assignment: { plan: 'free' } }, by)
    const drop = (subject: string) => registry.write({ type: 'subject.deleted', subject }, by)
    const staying = Array.from({ length: 60 }, (_, i) => `s${String(i).padStart(3, '0')}`)
    for (const subject of staying) await put(subject)
    for (const subject of staying) if (Number(subject.slice(1)) % 4 === 0) await put(`${subject}-old`)
    const seen: string[] = []
    for (let after: string | undefined, i = 0; ; i++) {
      const page = await registry.subjects({ limit: 7, ...(after !== undefined && { after }) })
      seen.push(...page.map(({ subject }) => subject))
      after = page.at(-1)?.subject
      if (page.length < 7 || i === 100) break
      // The last that was seen, one before it and one behind it, and new ones on both sides.
      await Promise.all([
        drop(`s${String(i * 4).padStart(3, '0')}-old`),
        put(`s000-${i}`),
        put(`${after}-new`),
      ])
      await drop(`${after}-new`)
      await put(staying[i]!)
    }
    expect(seen.filter((subject) => staying.includes(subject))).toEqual(staying)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(seen.toSorted())
  })

  test('of several that change the plans by one revision, one does', async () => {
    const registry = await opener()()
    for (let round = 0; round < 10; round++) {
      const { revision } = await registry.plans()
      const codes = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          codeOf(() =>
            registry.write(
              { type: 'plan.set', plan: 'free', options: { daily: i } },
              { actor: `${i}`, revision },
            ),
          ),
        ),
      )
      expect(codes.filter((code) => code === 'none')).toHaveLength(1)
      expect(codes.filter((code) => code === 'CHANGE_CONFLICT')).toHaveLength(7)
    }
    expect(await expectConsistent(registry)).toHaveLength(10)
  })

  test('plans don’t change where exceptions were made by which they weren’t checked', async () => {
    const registry = await opener()()
    const by = { actor: 'ann', revision: 0 }
    const plans = { free: {}, pro: {} }
    const revision = (await registry.write({ type: 'plans.replaced', default: 'free', plans }, by))!
    const set = (subject: string, changes: object) =>
      registry.write(
        { type: 'subject.set', subject, assignment: { plan: 'pro', ...changes } },
        { ...by, revision },
      )
    const change: Change = { type: 'plan.set', plan: 'pro', options: { daily: 1 } }
    const codeUpTo = (upTo: number) => codeOf(() => registry.write(change, { ...by, revision, upTo }))

    const assigned = (await set('acme', { until: '2999-01-01T00:00:00Z' }))!
    const excepted = (await set('acme', { daily: 7 }))!
    expect(await codeUpTo(assigned)).toBe('CHANGE_CONFLICT')
    // Also where that one is gone again: what others did since is looked at, not what is left of it.
    await registry.write({ type: 'subject.deleted', subject: 'acme' }, { ...by, revision })
    expect(await codeUpTo(assigned)).toBe('CHANGE_CONFLICT')
    expect(await codeUpTo(excepted)).toBe('none')
  })

  test('a thousand changes since are too many to look at', async () => {
    const registry = await opener()()
    const by = { actor: 'ann', revision: 0 }
    const revision = (await registry.write(
      { type: 'plans.replaced', default: 'free', plans: { free: {} } },
      by,
    ))!
    for (let i = 0; i < 1_000; i++)
      await registry.write({ type: 'subject.reset', subject: `${i}` }, { ...by, revision })
    const change: Change = { type: 'plan.set', plan: 'free', options: { daily: 1 } }
    const codeUpTo = (upTo: number) => codeOf(() => registry.write(change, { ...by, revision, upTo }))
    expect(await codeUpTo(revision)).toBe('CHANGE_CONFLICT')
    expect(await codeUpTo(revision + 1)).toBe('none')
  })

  test('a refusal says what is in the way, and what to do', async () => {
    const registry = await opener()()
    const plans = { free: {}, pro: {}, gold: {} }
    const write = (change: Change, revision: number) => registry.write(change, { actor: 'ann', revision })
    const unknown = { code: 'UNKNOWN_PLAN', option: 'plan' }
    await expect(write({ type: 'default.set', plan: 'free' }, 0)).rejects.toMatchObject({
      ...unknown,
      fix: 'Write plans first',
    })
    const revision = (await write({ type: 'plans.replaced', default: 'free', plans }, 0))!
    for (const subject of ['a', 'b', 'c'])
      await write(
        { type: 'subject.set', subject, assignment: { plan: subject === 'c' ? 'gold' : 'pro' } },
        revision,
      )
    await expect(write({ type: 'default.set', plan: 'silver' }, revision)).rejects.toMatchObject({
      ...unknown,
      fix: expect.stringMatching(/^Use (free|gold|pro), .*, /),
    })
    const inUse = { code: 'PLAN_IN_USE', option: 'plan' }
    await expect(write({ type: 'plan.deleted', plan: 'free' }, revision)).rejects.toMatchObject({
      ...inUse,
      message: expect.stringContaining('it is the default'),
    })
    await expect(write({ type: 'plan.deleted', plan: 'pro' }, revision)).rejects.toMatchObject({
      ...inUse,
      message: expect.stringContaining('"pro" can\'t be deleted: 2 subjects are on it'),
    })
    const replaced: Change = { type: 'plans.replaced', default: 'free', plans: { free: {}, pro: {} } }
    await expect(write(replaced, revision)).rejects.toMatchObject({
      ...inUse,
      message: expect.stringContaining('"gold" can\'t be deleted: 1 subject is on it'),
    })
    // Of several the first is named.
    const fewer: Change = { type: 'plans.replaced', default: 'free', plans: { free: {} } }
    await expect(write(fewer, revision)).rejects.toMatchObject({ ...inUse, value: 'gold' })
    await expect(write(replaced, revision + 1)).rejects.toMatchObject({
      code: 'CHANGE_CONFLICT',
      message: expect.stringContaining(`at revision ${revision}, not ${revision + 1}`),
    })
    expect(await registry.changes({ limit: 10 })).toHaveLength(4)
    await registry.close()
  })
})
