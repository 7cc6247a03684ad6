import { expect, test } from 'vitest'
import { freshnessOf } from '../../../../src/authorization-server/client-registry/documents/document-freshness.js'

const date = 'Tue, 15 Nov 2033 12:00:00 GMT'
const anHourLater = 'Tue, 15 Nov 2033 13:00:00 GMT'

test.each([
  [{ 'cache-control': 'max-age=600' }, 600],
  [{ 'cache-control': 'public, Max-Age="600", immutable' }, 600],
  [{ 'cache-control': 'private,max-age=600', age: '100' }, 500],
  [{ 'cache-control': 'max-age=600', expires: anHourLater, date }, 600],
  [{ expires: anHourLater, date }, 3600],
  [{ expires: anHourLater, date, age: '1800' }, 1800],
  [{}, 300],
  [{ 'cache-control': 'public' }, 300],
])('G-11 a document with %j is fresh for %i seconds', (headers, seconds) => {
  expect(freshnessOf(new Headers(headers as Record<string, string>))).toEqual({ seconds, mayKeep: true })
})

test.each([
  [{ 'cache-control': 'max-age=0' }, 60],
  [{ 'cache-control': 'max-age=10' }, 60],
  [{ 'cache-control': 'max-age=600', age: '599' }, 60],
  [{ 'cache-control': 'no-cache, max-age=600' }, 60],
  [{ 'cache-control': 'public, max-age=0, must-revalidate' }, 60],
  [{ expires: '0' }, 60],
  [{ expires: date, date: anHourLater }, 60],
  [{ 'cache-control': 'max-age=1000000000' }, 86_400],
  [{ 'cache-control': 'max-age=99999999999999999999' }, 86_400],
  [{ 'cache-control': 'max-age=-1' }, 300],
  [{ 'cache-control': `max-age=${'9'.repeat(400)}`, age: '9'.repeat(400) }, 60],
])('G-11 the freshness of a document with %j is bounded to %i seconds', (headers, seconds) => {
  expect(freshnessOf(new Headers(headers as Record<string, string>)).seconds).toBe(seconds)
})

test.each(['no-store', 'no-store,no-cache,max-age=0', 'max-age=600, No-Store'])(
  'G-11 a document with %s is fresh for one flow and not stored',
  (cacheControl) => {
    expect(freshnessOf(new Headers({ 'cache-control': cacheControl }))).toEqual({
      seconds: 60,
      mayKeep: false,
    })
  },
)
