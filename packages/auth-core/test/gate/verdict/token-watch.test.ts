import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AccessToken } from '../../../src/contract/access-token.js'
import type { AuthProviderLike } from '../../../src/contract/auth-provider-like.js'
import type { AuthEvent } from '../../../src/events/auth-event.js'
import { createBearerGate } from '../../../src/gate/create-bearer-gate.js'
import { watchToken } from '../../../src/gate/verdict/token-watch.js'
import type { HttpResponse } from '../../../src/http/http-response.js'
import { MultiAuth } from '../../../src/providers/multi-auth.js'
import { RemoteAuthProvider } from '../../../src/providers/remote-auth-provider.js'
import { IntrospectionTokenVerifier } from '../../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import { StaticTokenVerifier } from '../../../src/token-verification/static-token-verifier.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, resource, signToken } from '../../harness/tokens.js'
import { verifierOf } from '../../harness/verifiers.js'

const now = testClock()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) {
    now.advance(1)
    await vi.advanceTimersByTimeAsync(1000)
  }
}

/** Until what the platform computes elsewhere, as signatures, has arrived. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('a watch', () => {
  test('a watch calls end once with the refusal', async () => {
    const end = vi.fn()
    let reason: string | undefined
    watchToken(() => reason, end)
    await pass(3)
    expect(end).not.toHaveBeenCalled()
    reason = 'revoked'
    await pass(3)
    expect(end).toHaveBeenCalledExactlyOnceWith('revoked')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a stopped watch leaves no timer and ignores a pending check', async () => {
    const end = vi.fn()
    let decide: (reason: string) => void = () => {}
    const stop = watchToken(
      () =>
        new Promise<string>((resolve) => {
          decide = resolve
        }),
      end,
    )
    await pass(1)
    stop()
    decide('revoked')
    await pass(3)
    expect([end.mock.calls, vi.getTimerCount()]).toEqual([[], 0])
    watchToken(() => undefined, end)()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a watch checks again while a check is pending, and uses its late result', async () => {
    const end = vi.fn()
    let decide: (reason: string) => void = () => {}
    const answer = new Promise<string>((resolve) => {
      decide = resolve
    })
    const check = vi.fn<() => Promise<string> | undefined>(() => undefined).mockReturnValueOnce(answer)
    watchToken(check, end)
    await pass(5)
    expect([check.mock.calls.length, end.mock.calls, vi.getTimerCount()]).toEqual([5, [], 1])
    decide('revoked')
    await pass(1)
    expect([end.mock.calls, vi.getTimerCount()]).toEqual([[['revoked']], 0])
  })

  test('a watch ends once when two checks end it', async () => {
    const end = vi.fn()
    const decide: ((reason: string) => void)[] = []
    watchToken(() => new Promise<string>((resolve) => decide.push(resolve)), end)
    await pass(2)
    for (const one of decide) one('revoked')
    await pass(2)
    expect(end).toHaveBeenCalledExactlyOnceWith('revoked')
  })

  test('a watch does not keep the process alive', () => {
    const unref = vi.fn()
    vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce({ unref } as unknown as NodeJS.Timeout)
    watchToken(
      () => undefined,
      () => {},
    )
    expect(unref).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
  })

  test('a watch works where timers are numbers', () => {
    vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce(7 as unknown as NodeJS.Timeout)
    expect(() =>
      watchToken(
        () => undefined,
        () => {},
      ),
    ).not.toThrow()
    vi.restoreAllMocks()
  })
})

/** A token that is valid for `lifetime` seconds. */
function token(lifetime: number | undefined, scopes: string[] = ['a']): AccessToken {
  const expiresAt = lifetime === undefined ? undefined : now() + lifetime
  return new AccessToken({ token: 'good', clientId: 'client-1', scopes, expiresAt })
}

/** Watches a token that a provider has verified. */
function watch(verifyToken: AuthProviderLike['verifyToken'], more: Partial<AuthProviderLike> = {}) {
  const events: AuthEvent[] = []
  const asked = vi.fn(verifyToken)
  const provider = { ...verifierOf('good'), requiredScopes: ['a'], now, verifyToken: asked, ...more }
  const gate = createBearerGate(provider, { onEvent: (event) => events.push(event) })
  const ended: HttpResponse[] = []
  const start = (accessToken: AccessToken, authorization: string | undefined = 'Bearer good') =>
    gate.watch(accessToken, authorization, (refusal) => ended.push(refusal))
  return { asked, ended, events, start }
}

describe('A-75 the token of a response that stays open', () => {
  test('A-75 A-12 a response ends at the expiry plus the tolerance of the verifier', async () => {
    const { ended, start } = watch(async () => token(600), { clockTolerance: 5 })
    start(token(30))
    await pass(34)
    expect(ended).toEqual([])
    await pass(1)
    expect(ended).toMatchObject([{ status: 401 }])
    expect(ended[0]?.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  test('A-75 a token of a custom verifier is verified again each minute', async () => {
    const verdicts = [token(600), token(600), null]
    const { asked, ended, start } = watch(async () => verdicts.shift() ?? null)
    start(token(600))
    await pass(60)
    expect(asked).toHaveBeenCalledTimes(0)
    await pass(1)
    expect(asked).toHaveBeenCalledTimes(1)
    await pass(60)
    expect([asked.mock.calls.length, ended]).toEqual([2, []])
    await pass(60)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test.each([
    [7, 7],
    [0, 1],
    [0.2, 1],
    [100, 100],
  ])(
    'A-75 a token of a verifier with a revocation lag of %d s is verified again each %d s',
    async (lag, seconds) => {
      const { asked, start } = watch(async () => token(6000), { revocationLag: lag })
      start(token(6000))
      await pass(1 + 3 * seconds)
      expect(asked).toHaveBeenCalledTimes(3)
    },
  )

  test('A-75 A-17 a response survives an outage until its token expires', async () => {
    const { asked, ended, events, start } = watch(() => Promise.reject(new Error('down')), {
      revocationLag: 5,
    })
    start(token(30))
    await pass(29)
    expect([asked.mock.calls.length, ended]).toEqual([5, []])
    expect(events[0]).toMatchObject({ type: 'source.unavailable', source: 'verifier' })
    await pass(1)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test('A-75 A-12 a response ends at the expiry even if verification never settles', async () => {
    const { asked, ended, start } = watch(() => new Promise<null>(() => {}), { revocationLag: 5 })
    start(token(30))
    await pass(29)
    expect([asked.mock.calls.length, ended]).toEqual([1, []])
    await pass(1)
    expect([ended.length, ended[0]?.status, vi.getTimerCount()]).toEqual([1, 401, 0])
  })

  test('A-75 A-12 a response ends at the expiry even if another source never settles', async () => {
    const hanging = verifierOf('other', { now, verifyToken: () => new Promise<null>(() => {}) })
    const tokens = { good: { clientId: 'client-1', expiresAt: now() + 100 } }
    const provider = new MultiAuth({ verifiers: [hanging, new StaticTokenVerifier({ tokens, now })] })
    const ended: HttpResponse[] = []
    createBearerGate(provider).watch(token(100), 'Bearer good', (refusal) => ended.push(refusal))
    await pass(99)
    expect([hanging.verifyToken.mock.calls.length, ended]).toEqual([1, []])
    await pass(1)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test('A-75 a response ends when a late verdict refuses its token', async () => {
    let answer: (verdict: null) => void = () => {}
    const verifyToken = () =>
      new Promise<null>((resolve) => {
        answer = resolve
      })
    const { asked, ended, start } = watch(verifyToken, { revocationLag: 5 })
    start(token(600))
    await pass(60)
    answer(null)
    await pass(1)
    expect([asked.mock.calls.length, ended.length, ended[0]?.status]).toEqual([1, 1, 401])
  })

  test('A-75 A-17 verification is retried with growing pauses during an outage', async () => {
    let isDown = true
    const startedAt = now() + 1
    const askedAt: number[] = []
    const verifyToken = async () => {
      askedAt.push(now() - startedAt)
      if (isDown) throw new Error('down')
      return null
    }
    const { ended, start } = watch(verifyToken, { revocationLag: 40 })
    start(token(6000))
    await pass(200)
    expect([askedAt, ended]).toEqual([[40, 45, 55, 75, 115, 155, 195], []])
    isDown = false
    await pass(40)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test('A-75 A-17 a response survives while impliesScope fails', async () => {
    let isBroken = true
    const impliesScope = () => {
      if (isBroken) throw new Error('no such table')
      return false
    }
    const { ended, start } = watch(async () => token(600, ['b']), { revocationLag: 5, impliesScope })
    start(token(600))
    await pass(60)
    expect(ended).toEqual([])
    isBroken = false
    await pass(6)
    expect(ended).toMatchObject([{ status: 403 }])
  })

  test('A-75 A-17 a response ends when the key of its JWT is removed after an outage', async () => {
    const key = await newKey()
    const jwt = await signToken(key, now(), { claims: { exp: now() + 36_000 } })
    let keys: Response | undefined = Response.json({ keys: [key.publicJwk] })
    const fetchKeys = async () => keys?.clone() ?? new Response(null, { status: 404 })
    const verifier = new JWTVerifier({
      ...{ issuer, audience: resource, jwksUri: 'https://login.example.com/jwks' },
      ...{ now, fetch: fetchKeys, onEvent: () => {} },
    })
    const gate = createBearerGate(verifier)
    const { accessToken } = await gate.authenticate(`Bearer ${jwt}`)
    const ended: HttpResponse[] = []
    gate.watch(accessToken as AccessToken, `Bearer ${jwt}`, (refusal) => ended.push(refusal))
    keys = undefined
    await pass(2000)
    await settled()
    expect([(await gate.authenticate(`Bearer ${jwt}`)).refusal?.status, ended]).toEqual([503, []])
    keys = Response.json({ keys: [(await newKey('ES256', 'key-2')).publicJwk] })
    for (let i = 0; i < 5; i += 1) {
      await pass(30)
      await settled()
    }
    expect((await gate.authenticate(`Bearer ${jwt}`)).refusal?.status).toBe(401)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test.each([
    ['', {}],
    [' and remembered for an hour', { cacheLifetime: 3600 }],
    [' and given to a function', { cacheLifetime: 3600, scopes: () => ['a'] }],
  ])(
    'A-75 A-17 an introspected token without an expiry%s survives an outage and ends when it is revoked',
    async (_, more) => {
      let answer: object | undefined = { active: true, client_id: 'client-1', scope: 'a' }
      let asked = 0
      const verifier = new IntrospectionTokenVerifier({
        ...{ introspectionUrl: 'https://login.example/introspect', clientId: 'rs', clientSecret: 'secret' },
        ...{ allowMissingExp: true, dangerouslyAllowAnyAudience: true, now, onEvent: () => {}, ...more },
        fetch: async () => {
          asked += 1
          return answer === undefined ? new Response(null, { status: 503 }) : Response.json(answer)
        },
      })
      const gate = createBearerGate(verifier)
      const { accessToken } = await gate.authenticate('Bearer good')
      const ended: HttpResponse[] = []
      gate.watch(accessToken as AccessToken, 'Bearer good', (refusal) => ended.push(refusal))
      await pass(300)
      expect(asked).toBeGreaterThanOrEqual(3)
      answer = undefined
      await pass(300)
      expect(ended).toEqual([])
      answer = { active: false }
      await pass(61)
      expect(ended).toMatchObject([{ status: 401 }])
    },
  )

  test('A-75 the token of the header is verified again, even if the verifier returns another', async () => {
    const { asked, start } = watch(async () => token(600), { revocationLag: 1 })
    start(new AccessToken({ token: 'hidden', clientId: 'client-1', scopes: ['a'] }), 'bearer  good')
    start(new AccessToken({ token: 'kept', clientId: 'client-1', scopes: ['a'] }), 'Basic x')
    await pass(2)
    expect(asked.mock.calls.map(([raw]) => raw)).toEqual(['good', 'kept'])
  })

  test('A-75 a verifier can extend a token, and a lost scope ends the response', async () => {
    const verdicts = [token(60), token(60, [])]
    const { ended, start } = watch(async () => verdicts.shift() ?? null, { revocationLag: 20 })
    start(token(30))
    await pass(39)
    expect(ended).toEqual([])
    await pass(10)
    expect(ended).toMatchObject([{ status: 403 }])
  })

  test('A-75 a response ends when verification returns an expired token', async () => {
    const { ended, start } = watch(async () => token(-1), { revocationLag: 5 })
    start(token(undefined))
    await pass(6)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test('A-75 A-17 a failing clock ends no response', async () => {
    const { ended, events, start } = watch(async () => token(600), {
      now() {
        throw new Error('no time')
      },
    })
    start(token(600))
    await pass(3)
    expect(ended).toEqual([])
    expect(events[0]).toMatchObject({ type: 'source.unavailable' })
  })
})

describe('the time within which a revocation is noticed', () => {
  const introspection = (cacheLifetime: number) =>
    new IntrospectionTokenVerifier({
      introspectionUrl: 'https://login.example/introspect',
      clientId: 'rs',
      clientSecret: 'secret',
      cacheLifetime,
    })
  const remote = (tokenVerifier: AuthProviderLike) =>
    new RemoteAuthProvider({
      baseUrl: 'https://rs.example',
      authorizationServers: ['https://login.example'],
      tokenVerifier,
    })

  test('A-75 the revocation lag of introspection is half a minute, or its cache lifetime', () => {
    expect(introspection(0).revocationLag).toBe(30)
    expect(introspection(120).revocationLag).toBe(120)
    expect(remote(introspection(0)).revocationLag).toBe(30)
  })

  test('A-75 the revocation lag of several sources is the shortest, or undefined', () => {
    const slow = verifierOf('a', { revocationLag: 100 })
    expect(new MultiAuth({ verifiers: [slow, introspection(0), verifierOf('b')] }).revocationLag).toBe(30)
    expect(new MultiAuth({ verifiers: [verifierOf('a'), verifierOf('b')] }).revocationLag).toBeUndefined()
    expect(remote(verifierOf('a')).revocationLag).toBeUndefined()
  })
})
