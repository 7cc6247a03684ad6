import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { decodeToken, type ListeningIssuer, listenTestIssuer } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectOutage } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { callMcp } from '../harness/oauth-driver.js'

describe.each(hosts)('an issuer that rotates its keys, and its resource server on $name', ({ start }) => {
  let issuer: ListeningIssuer
  let host: RunningHost

  beforeEach(async () => {
    issuer = await listenTestIssuer()
    host = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [issuer.issuer],
        tokenVerifier: new JWTVerifier({ issuer: issuer.issuer, now: issuer.now }),
      }),
    }))
  })
  afterEach(() => Promise.all([host.close(), issuer.close()]))

  /** A new token. */
  function newToken(): Promise<string> {
    return issuer.mint({ audience: `${host.origin}/mcp` })
  }

  /** Calls with new tokens on parallel connections while `work` runs, and returns the statuses by key. */
  async function underLoad(work: (callsSoFar: () => Promise<void>) => Promise<void>) {
    const seen = new Map<unknown, number[]>()
    let calls = 0
    let isDone = false
    async function client(): Promise<void> {
      while (!isDone) {
        const token = await newToken()
        const { kid } = decodeToken(token).header
        const { status } = await callMcp(host.origin, token)
        seen.set(kid, [...(seen.get(kid) ?? []), status])
        calls += 1
      }
    }
    const clients = Array.from({ length: 4 }, client)
    /** Waits until every client has called again. */
    async function moreCalls(): Promise<void> {
      const enough = calls + 2 * clients.length
      while (calls < enough) await new Promise((resolve) => setImmediate(resolve))
    }
    try {
      await moreCalls()
      await work(moreCalls)
      await moreCalls()
    } finally {
      isDone = true
      await Promise.all(clients)
    }
    return [...seen.values()].map((statuses) => new Set(statuses))
  }

  const accepted = new Set([200])

  test('A-16 M-15 a key published before its first use causes no refusal', async () => {
    const statuses = await underLoad(async (moreCalls) => {
      await issuer.announceKey()
      issuer.now.advance(301)
      // Requests do not wait for keys that are fetched in the background.
      while (issuer.jwksRequests < 2) await moreCalls()
      const before = issuer.jwksRequests
      await issuer.rotateKeys()
      await moreCalls()
      expect(issuer.jwksRequests).toBe(before)
    })
    expect(statuses).toEqual([accepted, accepted])
    expect(issuer.jwksRequests).toBe(2)
  })

  test('A-16 M-15 a key used before it is known causes no refusal', async () => {
    const statuses = await underLoad(() => issuer.rotateKeys())
    expect(statuses).toEqual([accepted, accepted])
    expect(issuer.jwksRequests).toBe(2)
  })

  test('A-07 tokens signed by a removed key are refused after the next fetch', async () => {
    const old = await newToken()
    expect((await callMcp(host.origin, old)).status).toBe(200)
    await issuer.rotateKeys({ withdrawOld: true })
    expect((await callMcp(host.origin, await newToken())).status).toBe(200)
    expect((await callMcp(host.origin, old)).status).toBe(401)
  })

  test('A-16 M-15 A-17 a hundred made-up key IDs cause one fetch and no refusal of a valid key', async () => {
    expect((await callMcp(host.origin, await newToken())).status).toBe(200)
    const calls = Array.from({ length: 100 }, async (_, i) => {
      const token = await issuer.mint({ audience: `${host.origin}/mcp`, header: { kid: `made-up-${i}` } })
      return (await callMcp(host.origin, token)).status
    })
    // Invalid if the keys were fetched, otherwise unknown.
    const statuses = new Set(await Promise.all(calls))
    expect(statuses).toContain(401)
    expect([...statuses].filter((status) => status !== 401 && status !== 503)).toEqual([])
    expect(issuer.jwksRequests).toBe(2)
    expect((await callMcp(host.origin, await newToken())).status).toBe(200)

    const old = await newToken()
    await issuer.rotateKeys()
    const fresh = await newToken()
    const early = await callMcp(host.origin, fresh)
    await expectOutage(early)
    expect(early.headers.get('retry-after')).toBe('30')
    expect(early.headers.get('www-authenticate')).toBeNull()
    expect((await callMcp(host.origin, old)).status).toBe(200)
    expect(issuer.jwksRequests).toBe(2)
    issuer.now.advance(30)
    expect((await callMcp(host.origin, fresh)).status).toBe(200)
    expect(issuer.jwksRequests).toBe(3)
  })
})
