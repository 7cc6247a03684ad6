import { METHODS } from 'node:http'
import formbody from '@fastify/formbody'
import express5 from 'express'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../auth-core/test/harness/property-runs.js'
import { mutate, mutations } from '../harness/arbitrary-request.js'
import { newClientKey } from '../harness/assertions.js'
import { expressHost, fastifyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { newTokens, register } from '../harness/oauth-driver.js'
import { sendBytes } from '../harness/raw-http.js'
import { expectCorrectable, expectProtocolResponse } from '../harness/response-rules.js'
import {
  clientsOf,
  overSocket,
  type Target,
  type ValidRequest,
  validRequests,
} from '../harness/valid-requests.js'
import type { WireRequest } from '../harness/wire-request.js'

const patience = 120_000

/** Whether the HTTP server, the framework or the handler behind the gate responded, instead of our routes. */
function isOwnAnswer(
  { audience }: ValidRequest,
  { method }: WireRequest,
  { status, headers }: Response,
): boolean {
  const isBehindGate = audience === 'gate' && !headers.has('www-authenticate')
  return isBehindGate || !METHODS.includes(method) || [404, 405, 414, 431, 501].includes(status)
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let target: Target
  beforeAll(async () => {
    const key = await newClientKey()
    host = await start(notesApp(clientsOf(key)))
    target = overSocket(host.origin, key)
  })
  afterAll(() => host.close())

  test(
    'D-22 D-23 F-22 L-12 L-20 N-09 O-09 an invalid request is refused with an OAuth error and succeeds when corrected',
    async () => {
      const property = fc.asyncProperty(
        fc.constantFrom(...validRequests),
        mutations,
        async (valid, changes) => {
          const good = await valid.prepare(target)
          const bad = mutate(good, changes)
          const answer = await target.send(bad)
          expect(answer.status === 501 || answer.status < 500).toBe(true)
          if (!isOwnAnswer(valid, bad, answer)) await expectProtocolResponse(valid, target, bad, answer)
          await expectCorrectable(valid, target, { good, answer })
        },
      )
      await fc.assert(property, runs(120))
    },
    patience,
  )

  test(
    'L-20 O-09 bytes that are not HTTP do not disturb other requests',
    async () => {
      const line = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)) })
      const method = fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE', 'get', '')
      const target = fc.oneof(
        fc.constantFrom('/token', '/authorize?', '/mcp', '/register', '*', '', '?', '//token', '/\\token'),
        fc.constantFrom('/token/../token', '/token%2f', '/%zz', '/.well-known/%2e%2e/jwks', '/mcp;a=b'),
        fc.constantFrom('http://[', 'http:///token', 'http://evil.example:99999/token', 'https:token'),
        line,
      )
      const start = fc.tuple(method, target).map((parts) => [...parts, 'HTTP/1.1'].join(' '))
      const header = fc.constantFrom(
        'Host: x',
        'Host: [',
        'Host: \xe9:99999',
        'Transfer-Encoding: chunked',
        'Content-Length: -1',
        'Expect: x',
        '',
      )
      const property = fc.asyncProperty(
        start,
        fc.array(fc.oneof(line, header), { maxLength: 5 }),
        async (first, rest) => {
          expect(await sendBytes(host.origin, [first, ...rest, 'Connection: close'])).toBeLessThan(500)
        },
      )
      await fc.assert(property, runs(60))
      expect((await newTokens(host.origin, await register(host.origin))).token_type).toBe('Bearer')
    },
    patience,
  )
})

const withParsers = [
  expressHost('express, with parsers', express5, (app) => {
    app.use(express5.json(), express5.urlencoded({ extended: false }))
  }),
  expressHost('express, with qs', express5, (app) => {
    app.use(express5.json({ strict: false }), express5.urlencoded({ extended: true }))
  }),
  fastifyHost('fastify, with a parser', (app) => app.register(formbody)),
]

describe.each(withParsers)('$name', ({ start }) => {
  test(
    'L-14 L-20 N-09 a bad request parsed by middleware is refused and succeeds when corrected',
    async () => {
      const key = await newClientKey()
      const host = await start(notesApp(clientsOf(key)))
      const target = overSocket(host.origin, key)
      const property = fc.asyncProperty(
        fc.constantFrom(...validRequests),
        mutations,
        async (valid, changes) => {
          const good = await valid.prepare(target)
          const answer = await target.send(mutate(good, changes))
          // The framework responds to what the parser refuses.
          expect(answer.status === 501 || answer.status < 500).toBe(true)
          await expectCorrectable(valid, target, { good, answer })
        },
      )
      await fc.assert(property, runs(100))
      await host.close()
    },
    patience,
  )
})
