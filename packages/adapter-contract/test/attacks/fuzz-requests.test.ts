import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { anyRedirectUri } from '../../../auth-core/test/harness/any-redirect-uri.js'
import { runs } from '../../../auth-core/test/harness/property-runs.js'
import { anyJson, mutate, mutations } from '../harness/arbitrary-request.js'
import { Asserter, type ClientKey, newClientKey } from '../harness/assertions.js'
import { inProcess } from '../harness/in-process.js'
import { expectCorrectable, expectProtocolResponse } from '../harness/response-rules.js'
import { consentRequest, type Target, type ValidRequest, validRequests } from '../harness/valid-requests.js'
import { bytesOf, toRequest, wireForm, wireGet, wireJson } from '../harness/wire-request.js'

const patience = 120_000

let key: ClientKey
beforeAll(async () => {
  key = await newClientKey()
})

const registration = validRequests.find(({ name }) => name === 'a registration') as ValidRequest

/** Any invalid request gets a response in the terms of the protocol and consumes nothing. */
function propertyOf(target: Target, valid: ValidRequest) {
  return fc.asyncProperty(mutations, async (changes) => {
    const good = await valid.prepare(target)
    const bad = mutate(good, changes)
    const answer = await target.send(bad)
    await expectProtocolResponse(valid, target, bad, answer)
    await expectCorrectable(valid, target, { good, answer })
  })
}

describe.each(validRequests)('$name', (valid) => {
  test(
    'D-22 D-23 F-22 L-12 L-20 N-09 O-09 an invalid request is refused with an OAuth error and succeeds when corrected',
    async () => {
      await fc.assert(propertyOf(inProcess(key), valid), runs(150))
    },
    patience,
  )
})

describe('random client metadata', () => {
  test(
    'F-09 L-12 C-04 a client with any accepted metadata gets a page, and its response goes only to its redirect URI',
    async () => {
      const target = inProcess(key)
      const member = fc.constantFrom(
        'client_name',
        'client_uri',
        'logo_uri',
        'scope',
        'contacts',
        'software_id',
      )
      const property = fc.asyncProperty(
        fc.array(anyRedirectUri, { minLength: 1, maxLength: 3 }),
        fc.dictionary(member, anyJson, { maxKeys: 3 }),
        async (redirect_uris, members) => {
          const metadata = { redirect_uris, token_endpoint_auth_method: 'none', ...members }
          const answer = await target.send(wireJson('/register', metadata))
          if (answer.status !== 201)
            return expectProtocolResponse(registration, target, wireGet('/register'), answer)
          const client = (await answer.json()) as {
            readonly client_id: string
            readonly redirect_uris: readonly string[]
          }
          const { client_id } = client
          // Disallowed redirect URIs are omitted and then not registered.
          for (const redirect_uri of redirect_uris.filter((uri) => !client.redirect_uris.includes(uri))) {
            const refused = await target.send(wireGet('/authorize', { client_id, redirect_uri }))
            expect([refused.status, refused.headers.get('location')]).toEqual([400, null])
          }
          for (const redirect_uri of client.redirect_uris) {
            expect(redirect_uris).toContain(redirect_uri)
            const changes = { redirect_uri, scope: 'notes:read' }
            const allowed = await target.send(await consentRequest(target, client_id, 'allow', changes))
            expect(allowed.status).toBe(303)
            const location = allowed.headers.get('location') ?? ''
            expect([location, location.startsWith(redirect_uri)]).toEqual([location, true])
            expect(new URL(location).host).toBe(new URL(redirect_uri).host)
            expect(new URL(location).searchParams.getAll('code')).toHaveLength(1)
          }
        },
      )
      await fc.assert(property, runs(600))
    },
    patience,
  )
})

describe('random assertion claims', () => {
  test(
    'E-14 L-20 N-09 an assertion with random claims is refused, and a valid one still works',
    async () => {
      const target = inProcess(key)
      const asserter = new Asserter(key, 'with-jwt', target.origin, target.now)
      const claims = fc.dictionary(
        fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'x'),
        anyJson,
      )
      const header = fc.dictionary(fc.constantFrom('typ', 'kid', 'jku', 'jwk', 'x5c', 'cty', 'zip'), anyJson)
      const property = fc.asyncProperty(claims, header, fc.uuid(), async (changed, changedHeader, jti) => {
        const send = async (form: Record<string, string>) =>
          target.send(wireForm('/token', { grant_type: 'client_credentials', ...form }))
        const changes = { claims: { jti, ...changed }, header: changedHeader }
        const answer = await send(await asserter.form(changes))
        if (answer.status === 200) return
        await expectProtocolResponse(registration, target, wireForm('/token', {}), answer)
        expect((await send(await asserter.form({ claims: { jti } }))).status).toBe(200)
      })
      await fc.assert(property, runs(400))
    },
    patience,
  )
})

describe('incomplete bodies', () => {
  test.each(validRequests.filter(({ audience }) => audience !== 'gate'))(
    'L-20 N-09 O-09 an incomplete body of $name is a client error and consumes nothing',
    async (valid) => {
      const target = inProcess(key)
      const good = await valid.prepare(target)
      const bytes = bytesOf(good)
      if (bytes === undefined) return
      const half = new ReadableStream({
        pull(controller) {
          controller.enqueue(bytes.subarray(0, bytes.length / 2))
          controller.error(new Error('the client went away, with secret details'))
        },
      })
      const request = new Request(toRequest(target.origin, good), {
        body: half,
        duplex: 'half',
      } as RequestInit)
      const answer = await target.sendRequest(request)
      await expectProtocolResponse(valid, target, good, answer)
      await expectCorrectable(valid, target, { good, answer })
    },
  )
})
