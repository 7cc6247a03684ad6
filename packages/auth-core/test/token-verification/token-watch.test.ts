import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AccessToken } from '../../src/access-token.js'
import type { AuthProviderLike } from '../../src/auth-provider.js'
import type { AuthEvent } from '../../src/events.js'
import type { HttpResponse } from '../../src/http/http-response.js'
import { MultiAuth } from '../../src/multi-auth.js'
import { RemoteAuthProvider } from '../../src/remote-auth-provider.js'
import { createBearerGate } from '../../src/token-verification/bearer-gate.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import { watchToken } from '../../src/token-verification/token-watch.js'
import { testClock } from '../harness/test-clock.js'
import { verifierOf } from '../harness/verifiers.js'

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

describe('a watch', () => {
  test('ends once, with the reason', async () => {
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

  test('that is stopped leaves no timer, and does not end what a check that is under way would have ended', async () => {
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

  test('looks again only when it has looked', async () => {
    const check = vi.fn(() => new Promise<undefined>(() => {}))
    watchToken(check, () => {})
    await pass(5)
    expect(check).toHaveBeenCalledOnce()
  })

  test('does not keep the process alive', () => {
    const unref = vi.fn()
    vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce({ unref } as unknown as NodeJS.Timeout)
    watchToken(
      () => undefined,
      () => {},
    )
    expect(unref).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
  })

  test('works where timers are numbers', () => {
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
  test('A-75 A-12 ends it when it expires, with the tolerance of the verifier', async () => {
    const { ended, start } = watch(async () => token(600), { clockTolerance: 5 })
    start(token(30))
    await pass(34)
    expect(ended).toEqual([])
    await pass(1)
    expect(ended).toMatchObject([{ status: 401 }])
    expect(ended[0]?.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  test('A-75 of a verifier that is not ours is verified again each minute', async () => {
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
    'A-75 of a verifier that notices a revocation in %d s is verified again each %d s',
    async (lag, seconds) => {
      const { asked, start } = watch(async () => token(6000), { revocationLag: lag })
      start(token(6000))
      await pass(1 + 3 * seconds)
      expect(asked).toHaveBeenCalledTimes(3)
    },
  )

  test('A-75 A-17 lives on while nobody can tell, and ends when it expires', async () => {
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

  test('A-75 is the one of the header, whatever the verifier says that it is', async () => {
    const { asked, start } = watch(async () => token(600), { revocationLag: 1 })
    start(new AccessToken({ token: 'hidden', clientId: 'client-1', scopes: ['a'] }), 'bearer  good')
    start(new AccessToken({ token: 'kept', clientId: 'client-1', scopes: ['a'] }), 'Basic x')
    await pass(2)
    expect(asked.mock.calls.map(([raw]) => raw)).toEqual(['good', 'kept'])
  })

  test('A-75 may be extended by its verifier, and may lose a scope that the gate needs', async () => {
    const verdicts = [token(60), token(60, [])]
    const { ended, start } = watch(async () => verdicts.shift() ?? null, { revocationLag: 20 })
    start(token(30))
    await pass(39)
    expect(ended).toEqual([])
    await pass(10)
    expect(ended).toMatchObject([{ status: 403 }])
  })

  test('A-75 that is verified again as one that has expired ends it', async () => {
    const { ended, start } = watch(async () => token(-1), { revocationLag: 5 })
    start(token(undefined))
    await pass(6)
    expect(ended).toMatchObject([{ status: 401 }])
  })

  test('A-75 A-17 is not ended by a clock that fails', async () => {
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

  test('A-75 is half a minute where another server is asked, or as long as its answer is kept', () => {
    expect(introspection(0).revocationLag).toBe(30)
    expect(introspection(120).revocationLag).toBe(120)
    expect(remote(introspection(0)).revocationLag).toBe(30)
  })

  test('A-75 is the shortest of several sources, and unknown where none has one', () => {
    const slow = verifierOf('a', { revocationLag: 100 })
    expect(new MultiAuth({ verifiers: [slow, introspection(0), verifierOf('b')] }).revocationLag).toBe(30)
    expect(new MultiAuth({ verifiers: [verifierOf('a'), verifierOf('b')] }).revocationLag).toBeUndefined()
    expect(remote(verifierOf('a')).revocationLag).toBeUndefined()
  })
})
