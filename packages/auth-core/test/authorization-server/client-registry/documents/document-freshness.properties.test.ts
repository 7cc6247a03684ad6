import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freshnessOf } from '../../../../src/authorization-server/client-registry/documents/document-freshness.js'
import { runs } from '../../../harness/property-runs.js'

const number = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom('0', '-1', '', '"60"', '1e3', '9'.repeat(400), '0'.repeat(400), 'NaN', 'Infinity', '٣'),
)
const date = fc.oneof(
  fc.date({ noInvalidDate: true }).map((one) => one.toUTCString()),
  fc.constantFrom('0', '', 'x', 'Tue, 15 Nov 2033 12:00:00 GMT', '+275760-09-13'),
)
const directive = fc.oneof(
  number.map((seconds) => `max-age=${seconds}`),
  fc.constantFrom('no-store', 'NO-CACHE', 'public', 'max-age', '=', ',', 's-maxage=5', 'max-age=1=2'),
)
const headers = fc.record(
  {
    'cache-control': fc.array(directive, { maxLength: 3 }).map((all) => all.join(', ')),
    age: number,
    expires: date,
    date,
  },
  { requiredKeys: [] },
)

test('G-11 a document is fresh for at least a minute and at most a day, whatever the headers', () => {
  fc.assert(
    fc.property(headers, (said) => {
      const sendable = Object.entries(said).filter(([, value]) => /^[\x20-\x7e]*$/.test(value))
      const { seconds } = freshnessOf(new Headers(sendable as [string, string][]))
      expect(seconds).toBeGreaterThanOrEqual(60)
      expect(seconds).toBeLessThanOrEqual(86_400)
    }),
    runs(3000),
  )
})
