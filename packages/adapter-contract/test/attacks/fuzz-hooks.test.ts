import {
  AccessToken,
  type AuthEvent,
  type AuthProviderLike,
  type ClientAuthenticator,
  html,
  MultiAuth,
  OAuthError,
  type OAuthErrorCode,
  RemoteAuthProvider,
  requireBearerAuth,
  TokenHandler,
  toSdkVerifier,
} from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { runs } from '../../../auth-core/test/harness/property-runs.js'
import { type ClientKey, newClientKey } from '../harness/assertions.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import { inProcess } from '../harness/in-process.js'
import { type NotesAppOptions, signInByCookie } from '../harness/notes-app.js'
import { clientsOf, sentAgain, validRequests } from '../harness/valid-requests.js'

let key: ClientKey
beforeAll(async () => {
  key = await newClientKey()
})

/** The ways in which a function of the application can fail. */
interface Mistake {
  readonly kind: 'throws' | 'rejects' | 'answers' | 'resolves'
  readonly value: unknown
}

function makeMistake({ kind, value }: Mistake): unknown {
  if (kind === 'throws') throw value
  if (kind === 'rejects') return Promise.reject(value)
  return kind === 'answers' ? value : Promise.resolve(value)
}

const secretError = new Error('secret detail')
const mistake: fc.Arbitrary<Mistake> = fc.record({
  kind: fc.constantFrom('throws', 'rejects', 'answers', 'resolves'),
  value: fc.oneof(
    fc.constant(secretError),
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
    fc.constantFrom<unknown>(
      { subject: 7 },
      { subject: '' },
      { redirect: 'https://' },
      { redirect: 7 },
      { denied: 'yes' },
    ),
    fc.constantFrom<unknown>(
      { subject: 'a', claims: 7 },
      { subject: 'x'.repeat(300) },
      { html: 7 },
      { html: '' },
    ),
    fc.constantFrom<unknown>(
      { retryAfter: 'soon' },
      { retryAfter: Number.NaN },
      { allowed: 'yes' },
      { arrayBuffer: 7 },
    ),
    fc.constantFrom<unknown>(
      { retryAfter: Number.POSITIVE_INFINITY },
      { retryAfter: 1e30 },
      { retryAfter: 0.1 },
      { retryAfter: -1 },
    ),
    fc
      .constantFrom<OAuthErrorCode>('access_denied', 'invalid_grant', 'invalid_client', 'invalid_token')
      .map((code) => new OAuthError(code, 'No.')),
    fc.constantFrom<unknown>(Response.error(), new Response('secret detail', { status: 599 }), Symbol('s')),
  ),
})

const hooks = [
  'signIn',
  'isUserAllowed',
  'clientAddress',
  'rateLimit',
  'onEvent',
  'consentPage',
  'errorPage',
  'ssrfSafeFetch',
  'allows',
] as const
type Hook = (typeof hooks)[number]

/** The functions that may return `false`. */
const verdicts: readonly Hook[] = ['isUserAllowed', 'allows']

/** Options in which one function can be made to fail. */
function breakable() {
  let broken: { readonly hook: Hook; readonly mistake: Mistake } | undefined
  const { ssrfSafeFetch } = clientsOf(key)
  const good: Record<Hook, (...args: never[]) => unknown> = {
    signIn: signInByCookie,
    isUserAllowed: () => true,
    clientAddress: () => '192.0.2.1',
    rateLimit: () => ({ allowed: true }),
    onEvent: (_event: AuthEvent) => {},
    consentPage: ({ transaction }: { transaction: string }) =>
      html`<form><input type="hidden" name="transaction" value="${transaction}"></form>`,
    errorPage: ({ code }: { code: string }) =>
      html`<h1>This sign-in cannot continue</h1><code>${code}</code>`,
    allows: () => true,
    ssrfSafeFetch: ssrfSafeFetch ?? expect.unreachable('there is a fetch'),
  }
  const { allows, ...functions } = Object.fromEntries(
    hooks.map((hook) => [
      hook,
      (...args: never[]) => (broken?.hook === hook ? makeMistake(broken.mistake) : good[hook](...args)),
    ]),
  )
  return {
    options: { ...functions, clientIdMetadataDocuments: { allows } } as NotesAppOptions,
    break: (hook: Hook, mistake: Mistake) => {
      broken = { hook, mistake }
    },
    mend: () => {
      broken = undefined
    },
  }
}

test('D-15 D-57 L-20 N-09 O-09 a failing function of the application gets a response, reveals nothing and consumes nothing', async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...validRequests),
    fc.constantFrom(...hooks),
    mistake,
    async (valid, hook, made) => {
      // Valid results.
      fc.pre(
        !(made.value === false && ['answers', 'resolves'].includes(made.kind) && verdicts.includes(hook)),
      )
      const application = breakable()
      const now = testClock()
      const target = inProcess(key, { now, ...application.options })
      const request = await valid.prepare(target)
      application.break(hook, made)
      const answer = await target.send(request)
      application.mend()
      const text = await answer.clone().text()
      // A page that the application returns belongs to the application.
      if (hook !== 'signIn') expect([...answer.headers, text].join()).not.toContain('secret detail')
      if (text.startsWith('{"error"')) expect(answer.status).toBeGreaterThanOrEqual(400)
      if (answer.headers.has('retry-after')) expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      if (await valid.isSuccess(answer)) return
      // As long as an outage says, not as long as a rate limit could.
      now.advance(Math.min(Number(answer.headers.get('retry-after')), 5))
      const again = await target.send(await sentAgain(target, request))
      expect([again.status, await valid.isSuccess(again)]).toEqual([again.status, true])
    },
  )
  await fc.assert(property, runs(1500))
}, 120_000)

const isAnswered = ({ kind }: Mistake) => kind === 'answers' || kind === 'resolves'

test('D-14 E-01 L-20 O-09 a failing client authenticator lets no client in, reveals nothing and consumes nothing', async () => {
  const steps = ['authenticateRequest', 'verifyRequest', 'client', 'consume'] as const
  const property = fc.asyncProperty(fc.constantFrom(...steps), mistake, async (step, made) => {
    // Whatever the response is, the proof is consumed once it was used.
    fc.pre(step !== 'consume' || !isAnswered(made))
    let isMended = false
    const orMistake = (good: unknown, here: boolean) => (here && !isMended ? makeMistake(made) : good)
    const { provider, origin } = inProcess(key)
    const client = {
      client_id: 'with-basic',
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    }
    const inTwoSteps = async () => ({
      client: await orMistake(client, step === 'client'),
      consume: () => orMistake(undefined, step === 'consume'),
    })
    const clientAuthenticator = fromJavaScript<ClientAuthenticator>({
      authenticateRequest: () => orMistake(client, true),
      ...(step === 'authenticateRequest'
        ? {}
        : { verifyRequest: () => orMistake(inTwoSteps(), step === 'verifyRequest') }),
    })
    const handler = new TokenHandler({ provider, clientAuthenticator })
    const send = () =>
      handler.handle(
        new Request(`${origin}/token`, {
          method: 'POST',
          body: new URLSearchParams({ grant_type: 'client_credentials' }),
        }),
      )
    const answer = await send()
    expect(await answer.clone().text()).not.toContain('secret detail')
    const isSaid = !isAnswered(made) && made.value instanceof OAuthError
    if (isSaid) expect(answer.status).toBeGreaterThanOrEqual(400)
    else expect(answer.status).toBe(503)
    isMended = true
    expect((await send()).status).toBe(200)
  })
  await fc.assert(property, runs(400))
}, 60_000)

test('A-17 A-31 A-47 L-20 O-09 a failing verifier lets no request pass and is an outage', async () => {
  const hooksOfVerifiers = ['verifyToken', 'impliesScope'] as const
  const property = fc.asyncProperty(fc.constantFrom(...hooksOfVerifiers), mistake, async (hook, made) => {
    // Valid results.
    fc.pre(hook !== 'verifyToken' || !(isAnswered(made) && made.value === null))
    fc.pre(hook !== 'impliesScope' || !(isAnswered(made) && typeof made.value === 'boolean'))
    let isMended = false
    const orMistake = (good: unknown, here: boolean) => (here && !isMended ? makeMistake(made) : good)
    const granted = (token: string) => new AccessToken({ token, clientId: 'c', scopes: ['notes'] })
    const verifier = fromJavaScript<AuthProviderLike>({
      requiredScopes: ['notes:read'],
      impliesScope: () => orMistake(true, hook === 'impliesScope'),
      verifyToken: (token: string) => orMistake(Promise.resolve(granted(token)), hook === 'verifyToken'),
    })
    const bound = { resourceUrl: 'https://rs.example/mcp', mcpPaths: ['/mcp'] }
    const remote = new RemoteAuthProvider({
      baseUrl: 'https://rs.example',
      authorizationServers: ['https://login.example'],
      tokenVerifier: verifier,
    })
    remote.setMcpPath('/mcp')
    const providers = [{ ...verifier, ...bound }, remote, new MultiAuth({ server: remote })]
    for (const provider of providers) {
      isMended = false
      const authenticate = requireBearerAuth(provider)
      const send = () =>
        authenticate(new Request('https://rs.example/mcp', { headers: { authorization: 'Bearer any' } }))
      expect(await send()).toMatchObject({ status: 503 })
      isMended = true
      expect(await send()).toMatchObject({ clientId: 'c' })
    }
    if (hook !== 'verifyToken') return
    isMended = false
    class InvalidTokenError extends Error {}
    const forSdk = toSdkVerifier({ ...verifier, ...bound }, { InvalidTokenError })
    await expect(forSdk.verifyAccessToken('any')).rejects.not.toBeInstanceOf(InvalidTokenError)
  })
  await fc.assert(property, runs(400))
}, 60_000)
