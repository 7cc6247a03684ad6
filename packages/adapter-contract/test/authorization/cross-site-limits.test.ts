import { type AuthEvent, memoryRateLimit, type RateLimitedMoment } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectErrorRedirect } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  type RegisteredClient,
  register,
} from '../harness/oauth-driver.js'

/** Fetch metadata of a navigation that a page of another site started, in a popup or a frame. */
const bySite = (site: string) => ({ headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' } })

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  const events: AuthEvent[] = []
  let host: RunningHost
  let client: RegisteredClient
  let url: string
  beforeAll(async () => {
    const rateLimit = memoryRateLimit({
      authorizationsPerBrowser: { burst: 3, perMinute: 6 },
      authorizationsPerUser: { burst: 8, perMinute: 12 },
      now,
    })
    host = await start(notesApp({ now, events, rateLimit }))
    client = await register(host.origin)
    url = authorizationUrl(host.origin, client)
  })
  afterAll(() => host.close())
  beforeEach(() => {
    now.advance(1000)
    events.length = 0
  })

  test.each(['cross-site', 'same-site'])(
    'L-28 a popup of a %s page that authorizes repeatedly does not limit its user elsewhere',
    async (site) => {
      const victim = new Browser('alice')
      const statuses: number[] = []
      for (let popup = 0; popup < 20; popup += 1) statuses.push((await victim.open(url, bySite(site))).status)
      // The first request has no cookie yet.
      expect(statuses).toEqual([...Array<number>(4).fill(200), ...Array<number>(16).fill(302)])
      expectErrorRedirect(await victim.open(url, bySite(site)), 'temporarily_unavailable', {
        to: `${callback}?`,
        issuer: host.origin,
      })
      expect(events.at(-2)).toMatchObject({
        type: 'request.limited',
        stage: 'authenticated',
        subject: 'alice',
      })

      // A program that opens the browser, the return from the login page, and another browser of the user.
      expect((await victim.open(url, bySite('none'))).status).toBe(200)
      expect((await victim.open(url, bySite('same-origin'))).status).toBe(200)
      expect((await new Browser('alice').open(url)).status).toBe(200)
      expect((await new Browser('bob').open(url, bySite(site))).status).toBe(200)
      now.advance(10)
      expect((await victim.open(url, bySite(site))).status).toBe(200)
    },
  )

  test('L-28 popups without a cookie share one limit', async () => {
    const statuses: number[] = []
    for (let popup = 0; popup < 5; popup += 1)
      statuses.push((await new Browser('alice').open(url, bySite('cross-site'))).status)
    expect(statuses).toEqual([200, 200, 200, 302, 302])
    expect((await new Browser('alice').open(url, bySite('none'))).status).toBe(200)
  })

  test('L-23 L-28 without fetch metadata, the limit is that of the user', async () => {
    const statuses: number[] = []
    const carol = new Browser('carol')
    for (let request = 0; request < 10; request += 1) statuses.push((await carol.open(url)).status)
    expect(statuses).toEqual([...Array<number>(8).fill(200), 302, 302])
  })
})

test('L-28 O-01 the application’s rate limit gets a digest of the browser and a mark for other sites', async () => {
  const moments: RateLimitedMoment[] = []
  const events: AuthEvent[] = []
  const host = await anyHost.start(
    notesApp({
      events,
      rateLimit: (moment) => {
        moments.push(moment)
        return moments.length < 6 ? { allowed: true } : { retryAfter: 5 }
      },
    }),
  )
  const url = authorizationUrl(host.origin, await register(host.origin))
  const alice = new Browser('alice')
  moments.length = 0
  for (const site of ['cross-site', 'cross-site', 'none']) await alice.open(url, bySite(site))
  const signedIn = moments.filter(({ stage }) => stage === 'authenticated')
  expect(signedIn).toMatchObject([
    { isFromOtherSite: true, browser: undefined },
    { isFromOtherSite: true, browser: expect.stringMatching(/^[\w-]{43}$/) },
    { isFromOtherSite: false, browser: signedIn[1]?.browser },
  ])
  const cookie = alice.cookies.get('tollgate-browser') ?? ''
  expect(JSON.stringify([moments, events])).not.toContain(cookie)
  expect(events.find(({ type }) => type === 'request.limited')).not.toHaveProperty('browser')
  await host.close()
})
