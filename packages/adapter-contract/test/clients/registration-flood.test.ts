import { type AuthEvent, memoryRateLimit } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { describe, expect, test } from 'vitest'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
} from '../harness/oauth-driver.js'

const halfAnHour = 30 * 60
const day = 24 * 3600

async function expectKnown(origin: string, client: RegisteredClient, isKnown: boolean): Promise<void> {
  const answer = await new Browser('alice').open(authorizationUrl(origin, client))
  expect(answer.status).toBe(isKnown ? 200 : 400)
}

describe.each(hosts)('$name', ({ start }) => {
  test('F-21 under a flood, a client still registers and signs in, and unused registrations expire soon', async () => {
    const now = testClock()
    const events: AuthEvent[] = []
    const rateLimit = memoryRateLimit({
      registrations: { burst: 1, perMinute: 1 / 60 },
      briefRegistrations: { burst: 3, perMinute: 1 / 60 },
      now,
    })
    const host = await start(notesApp({ now, events, rateLimit }))
    const early = await register(host.origin)
    expect(events.at(-1)).toEqual(expect.not.objectContaining({ brief: true }))
    const flood = await register(host.origin)
    const honest = await register(host.origin)
    const late = await register(host.origin)
    expect(events.at(-1)).toMatchObject({ type: 'client.registered', brief: true })
    // The flood exceeds both limits.
    const refused = await fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [callback] }),
    })
    await expectOAuthError(refused, 429, 'temporarily_unavailable')

    now.advance(halfAnHour - 1)
    const { refresh_token } = await newTokens(host.origin, honest)
    for (const client of [early, flood, late]) await expectKnown(host.origin, client, true)
    now.advance(1)
    for (const client of [flood, late]) await expectKnown(host.origin, client, false)
    for (const client of [early, honest]) await expectKnown(host.origin, client, true)
    // Once it has tokens, it is a client like any other.
    now.advance(day - halfAnHour)
    await expectKnown(host.origin, early, false)
    expect((await postForm(`${host.origin}/token`, refreshForm(honest, refresh_token))).status).toBe(200)
    now.advance(300 * day)
    await expectKnown(host.origin, honest, true)
    await host.close()
  })
})

describe('lifetime of a brief registration', () => {
  async function livesFor(options: NotesAppOptions): Promise<number> {
    const now = testClock()
    const host = await anyHost.start(
      notesApp({ now, rateLimit: () => ({ allowed: true, brief: true }), ...options }),
    )
    const client = await register(host.origin)
    const since = now()
    for (;;) {
      const answer = await new Browser('alice').open(authorizationUrl(host.origin, client))
      if (answer.status !== 200) break
      now.advance(60)
    }
    await host.close()
    return now() - since
  }

  test('F-21 the operator sets the lifetime of a brief registration, at most that of any other', async () => {
    expect(await livesFor({})).toBe(halfAnHour)
    expect(await livesFor({ lifetimes: { briefRegistration: 300 } })).toBe(300)
    expect(await livesFor({ lifetimes: { unusedRegistration: 120 } })).toBe(120)
  })

  test('F-21 a registration that is not marked brief lives as long as any other', async () => {
    const rateLimit = () => ({ allowed: true, brief: 'yes' as unknown as boolean }) as const
    expect(await livesFor({ rateLimit, lifetimes: { unusedRegistration: 3600 } })).toBe(3600)
  })
})
