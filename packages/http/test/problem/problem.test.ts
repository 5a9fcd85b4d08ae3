import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainDenial, plainForbidden } from '../../src/problem/plain-json.ts'
import { forbidden, quotaExceeded, temporaryReducedCapacity } from '../../src/problem/problem-details.ts'

const denial = { violated: ['daily', 'bandwidth'], retryAfterSeconds: 60 }

test('a quota that is used up', () => {
  expect(quotaExceeded(denial)).toEqual({
    status: 429,
    contentType: 'application/problem+json',
    body:
      '{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota Exceeded","status":429,' +
      '"violated-policies":["daily","bandwidth"]}',
  })
})

test('a service with less to give', () => {
  expect(temporaryReducedCapacity({ violated: ['load'], retryAfterSeconds: null })).toEqual({
    status: 503,
    contentType: 'application/problem+json',
    body:
      '{"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",' +
      '"title":"Temporary Reduced Capacity","status":503,"violated-policies":["load"]}',
  })
})

test('a client that is not let in', () => {
  expect(forbidden()).toEqual({
    status: 403,
    contentType: 'application/problem+json',
    body: '{"type":"about:blank","title":"Forbidden","status":403}',
  })
})

test('the same as small JSON objects', () => {
  expect(plainDenial(429, denial)).toEqual({
    status: 429,
    contentType: 'application/json',
    body: '{"error":"Too Many Requests","limits":["daily","bandwidth"],"retryAfter":60}',
  })
  expect(plainDenial(503, { violated: ['load'], retryAfterSeconds: null })).toEqual({
    status: 503,
    contentType: 'application/json',
    body: '{"error":"Service Unavailable","limits":["load"],"retryAfter":null}',
  })
  expect(plainForbidden()).toEqual({
    status: 403,
    contentType: 'application/json',
    body: '{"error":"Forbidden"}',
  })
})

test('any name survives, and none breaks out of its string', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('","x":"', '__proto__', '\\', '\u2028')),
      ),
      fc.option(fc.nat()),
      (violated, retryAfterSeconds) => {
        const told = { violated, retryAfterSeconds }
        for (const { status, body } of [quotaExceeded(told), temporaryReducedCapacity(told)]) {
          const read = JSON.parse(body)
          expect(Object.keys(read)).toEqual(['type', 'title', 'status', 'violated-policies'])
          expect([read.status, read['violated-policies']]).toEqual([status, violated])
        }
        const read = JSON.parse(plainDenial(429, told).body)
        expect(read).toEqual({ error: 'Too Many Requests', limits: violated, retryAfter: retryAfterSeconds })
      },
    ),
  )
})
