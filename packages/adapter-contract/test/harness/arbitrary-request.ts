import fc from 'fast-check'
import type { Pairs, WireBody, WireRequest } from './wire-request.js'

/** Texts that only markup, headers, paths or parsers would interpret. */
export const hostileTexts = [
  '',
  ' ',
  '\0',
  '\r\nset-cookie: a=b',
  '\u2028\u2029\ufeff',
  '\u202e\u200b',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '&lt;b&gt;&#x22;',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '../../etc/passwd',
  '%2e%2e%2f',
  '{{7*7}}',
  'null',
  '[object Object]',
  '-1',
  '1e999',
  '☃'.repeat(500),
  'x'.repeat(5000),
  'x'.repeat(20_000),
  'x'.repeat(70_000),
  'https://evil.example/callback',
  'http://127.0.0.1:1@evil.example/callback',
  'http://127.0.0.1:7777\\@evil.example/callback',
  'javascript:alert(1)',
  'a.b.c',
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJFUzI1NiJ9.bnVsbA.AA',
  'eyJhbGciOiJFUzI1NiJ9.WzFd.AA',
] as const

const nastyText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      maxLength: 8,
    }),
  },
)

/** Including text that no escape represents. */
const formText = fc.oneof(
  { weight: 5, arbitrary: nastyText },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'raw:%',
      'raw:%zz',
      'raw:%ff%fe',
      'raw:%e2%82',
      'raw:%ed%a0%80',
      'raw:&&=&=',
      'raw:+',
    ),
  },
)

/** JSON of any shape. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: nastyText },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      null,
      [],
      {},
      [null],
      [[]],
      { __proto__: null },
      JSON.parse('{"__proto__":{"client_id":"x"}}'),
      { length: 1 },
      { keys: [] },
      { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] },
      { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] },
      { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '' }] },
      nested(20),
      nested(40),
    ),
  },
)

function nested(levels: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

const nastyName = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('client_id', 'client_secret', 'code', 'scope', 'resource', 'state'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'redirect_uri',
      'redirect_uris',
      'grant_type',
      'request',
      'request_uri',
      'jwks',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'client_assertion',
      'client_assertion_type',
      'token',
      'decision',
      'client_name',
    ),
  },
  { weight: 3, arbitrary: nastyText },
)

/** Any valid header value. */
const nastyHeader = fc.oneof(
  fc
    .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)), maxLength: 40 })
    .map((text) => text.replaceAll('\x7f', '')),
  fc.constantFrom('', 'null', '*', ',', ';', '=', '"', 'a=b; c', 'x'.repeat(9000)),
)

const authorization = fc.oneof(
  nastyHeader,
  fc
    .tuple(
      fc.constantFrom('Basic', 'basic ', 'Bearer', 'bearer  ', 'DPoP', 'Digest', 'Basic,Bearer', ''),
      fc.oneof(
        nastyHeader,
        fc.base64String({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('base64')),
        fc.constantFrom(
          'Og==',
          'OmE=',
          'YTo=',
          'a b',
          'e30.e30.e30',
          '====',
          'YTpi, Bearer x',
          'x'.repeat(17_000),
        ),
      ),
    )
    .map(([scheme, value]) => `${scheme} ${value}`),
)

const headerFields = [
  'cookie',
  'origin',
  'sec-fetch-site',
  'accept',
  'accept-encoding',
  'content-encoding',
] as const
const otherHeader = fc.tuple(
  fc.constantFrom(...headerFields, 'dpop', 'x-forwarded-host', 'forwarded', 'x-http-method-override'),
  fc.oneof(
    nastyHeader,
    fc.constantFrom('cross-site', 'same-site', 'https://evil.example', 'application/json', 'gzip'),
    fc.constantFrom(
      '__Host-tollgate-browser=x',
      'tollgate-browser=a; tollgate-browser=b',
      'user=;user=mallory',
    ),
  ),
)

const contentType = fc.oneof(
  nastyHeader,
  fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded; charset=utf-16',
    'APPLICATION/JSON;a',
    'multipart/form-data; boundary=x',
    'application/json+json',
    'text/html',
  ),
)

/** One mistake in a request. */
export type Mutation =
  | { readonly kind: 'drop' | 'repeat' | 'empty'; readonly at: number }
  | { readonly kind: 'rename'; readonly at: number; readonly name: string }
  | { readonly kind: 'replace'; readonly at: number; readonly text: string; readonly json: unknown }
  | { readonly kind: 'add'; readonly name: string; readonly text: string; readonly json: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'method'; readonly method: string }
  | { readonly kind: 'query'; readonly pairs: Pairs }

const at = fc.nat({ max: 12 })
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((some) => Uint8Array.from(some)),
  fc.constantFrom(
    new Uint8Array(70_000),
    Uint8Array.from(Buffer.from('[{"a":'.repeat(9000))),
    Uint8Array.from(Buffer.from('['.repeat(30_000) + ']'.repeat(30_000))),
    new Uint8Array(65_536).fill(0x61),
  ),
  fc.json().map((text) => Uint8Array.from(Buffer.from(text))),
)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('drop', 'repeat', 'empty'), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename'), at, name: nastyName }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('replace'), at, text: formText, json: anyJson }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add'), name: nastyName, text: formText, json: anyJson }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bytes'), bytes }) },
  {
    weight: 2,
    arbitrary: authorization.map((value) => ({ kind: 'header', name: 'authorization', value }) as const),
  },
  { weight: 2, arbitrary: otherHeader.map(([name, value]) => ({ kind: 'header', name, value }) as const) },
  {
    weight: 1,
    arbitrary: contentType.map((value) => ({ kind: 'header', name: 'content-type', value }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('method'),
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'x'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('query'),
      pairs: fc.array(fc.tuple(nastyName, formText), { maxLength: 3 }),
    }),
  },
)

/** Several mistakes in a request. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(mutation, { minLength: 1, maxLength: 3 })

export function mutate(wire: WireRequest, changes: readonly Mutation[]): WireRequest {
  return changes.reduce(mutateOnce, wire)
}

function mutateOnce(wire: WireRequest, change: Mutation): WireRequest {
  if (change.kind === 'method') return { ...wire, method: change.method }
  if (change.kind === 'query') return { ...wire, query: [...wire.query, ...change.pairs] }
  if (change.kind === 'bytes') return { ...wire, body: { kind: 'raw', bytes: change.bytes } }
  if (change.kind === 'header')
    return { ...wire, headers: { ...wire.headers, [change.name]: change.value.trim() } }
  return wire.method === 'GET'
    ? { ...wire, query: mutatePairs(wire.query, change, (text) => text) }
    : { ...wire, body: mutateBody(wire.body, change) }
}

type PairChange = Extract<Mutation, { kind: 'drop' | 'repeat' | 'empty' | 'rename' | 'replace' | 'add' }>

function mutateBody(body: WireBody, change: PairChange): WireBody {
  if (body.kind === 'form') return { ...body, pairs: mutatePairs(body.pairs, change, (text) => text) }
  if (body.kind === 'json')
    return { ...body, members: mutatePairs(body.members, change, (_text, json) => json) }
  return body
}

function mutatePairs<Value>(
  pairs: readonly (readonly [string, Value])[],
  change: PairChange,
  chosen: (text: string, json: unknown) => unknown,
): readonly (readonly [string, Value])[] {
  const value = 'text' in change ? (chosen(change.text, change.json) as Value) : ('' as Value)
  if (change.kind === 'add') return [...pairs, [change.name, value]]
  return pairs.flatMap((pair, position) => {
    if (position !== change.at % pairs.length) return [pair]
    if (change.kind === 'drop') return []
    if (change.kind === 'repeat') return [pair, pair]
    if (change.kind === 'rename') return [[change.name, pair[1]] as const]
    return [[pair[0], value] as const]
  })
}
