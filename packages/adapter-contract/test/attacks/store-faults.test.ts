import { type AuthEvent, encryptedStore, type Store } from '@tollgate/auth-core'
import { type TestClock, testClock } from '@tollgate/auth-testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../auth-core/test/harness/property-runs.js'
import { type ClientKey, newClientKey } from '../harness/assertions.js'
import {
  expectErrorPage,
  expectErrorRedirect,
  expectOAuthError,
  expectOutage,
} from '../harness/expectations.js'
import { type Fault, type FaultyStore, faultyStore } from '../harness/faulty-store.js'
import { type InProcess, inProcess } from '../harness/in-process.js'
import type { NotesAppOptions } from '../harness/notes-app.js'
import { callback } from '../harness/oauth-driver.js'
import {
  codeRequest,
  fromClient,
  noRefreshGrace,
  refreshRequest,
  sentAgain,
  type ValidRequest,
  validRequests,
} from '../harness/valid-requests.js'

const patience = 120_000
const day = 24 * 3600

let key: ClientKey
beforeAll(async () => {
  key = await newClientKey()
})

interface Scene extends InProcess {
  readonly store: FaultyStore
  readonly now: TestClock
  readonly events: AuthEvent[]
}

/** A server setting with other store operations. */
interface Setting {
  readonly options?: NotesAppOptions
  /** What the application wraps around its store. */
  readonly wrap?: (store: Store) => Store
}

function newScene({ options = {}, wrap = (store) => store }: Setting = {}): Scene {
  const now = testClock()
  const store = faultyStore({ now })
  const events: AuthEvent[] = []
  return { ...inProcess(key, { now, store: wrap(store), events, ...options }), store, now, events }
}

const requestOf = (name: string) => validRequests.find((one) => one.name === name) as ValidRequest
const credentials = requestOf('client credentials of the client with-basic')

/** The clock advances between two requests of a client, so that the server's keys are due. */
const afterDays = (days: number): ValidRequest => ({
  ...credentials,
  name: `client credentials after ${days} days`,
  async prepare(target) {
    const { now } = target as Scene
    await target.send(await credentials.prepare(target))
    now.advance(days * day)
    return credentials.prepare(target)
  },
})

const requests: readonly ValidRequest[] = [...validRequests, ...[60, 89, 90, 120].map(afterDays)]

const encryptionKey = { id: 'a', key: new Uint8Array(32).fill(7) }

const settings: readonly [string, Setting][] = [
  ['access tokens that are JWTs', {}],
  ['access tokens that are opaque', { options: { accessTokenFormat: 'opaque' } }],
  ['no grace for refresh tokens', { options: noRefreshGrace }],
  ['a store that is encrypted', { wrap: (store) => encryptedStore(store, { keys: [encryptionKey] }) }],
]

/** Every failed operation on every kind of record. */
const failed = new Set<string>()

function remember({ store }: Scene): void {
  for (const one of store.failed) failed.add(one)
}

/** The least number of operations, by the start of a request's name. With fewer, a fault was not tried. */
const leastOperations: readonly (readonly [string, number])[] = [
  ['a look at /.well-known/', 0],
  ['allowing', 5],
  ['denying', 2],
  ['a code of the client', 6],
  ['a refresh token of the client', 5],
  ['client credentials of the client', 5],
  ['client credentials after', 3],
  ['a revocation', 2],
  ['an introspection', 4],
  ['a call of the resource', 3],
]

function leastOperationsOf({ name }: ValidRequest): number {
  return leastOperations.find(([start]) => name.startsWith(start))?.[1] ?? 1
}

/** Clients are told to try again. A person sees a page, or the browser returns to the client. */
async function expectToldOfOutage(
  { audience }: ValidRequest,
  { origin, events }: Scene,
  answer: Response,
): Promise<void> {
  if (audience !== 'gate') {
    const told = events.findLast(({ type }) => type === 'request.failed')
    expect(told).toMatchObject({ reason: 'store_unavailable' })
  }
  if (audience !== 'person') {
    expect(answer.headers.get('www-authenticate')).toBeNull()
    return expectOutage(answer)
  }
  if (answer.status === 503) {
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await expectErrorPage(answer, 503)
    return
  }
  const status = answer.status === 302 ? 302 : 303
  expectErrorRedirect(answer, 'temporarily_unavailable', { to: `${callback}?`, issuer: origin, status })
}

/**
 * Sends a request to a new server for each store operation that it needs, with a fault there, and again without faults.
 * Returns the number of operations.
 */
async function failAtEach(
  valid: ValidRequest,
  open: () => Scene,
  before: (scene: Scene) => Promise<() => Promise<void>>,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    const scene = open()
    const after = await before(scene)
    const request = await valid.prepare(scene)
    scene.store.failAt(n)
    const answer = await scene.send(request)
    const { operations } = scene.store
    scene.store.heal()
    remember(scene)
    await after()
    if (operations < n) {
      expect(await valid.isSuccess(answer)).toBe(true)
      return operations
    }
    if (!(await valid.isSuccess(answer))) {
      await expectToldOfOutage(valid, scene, answer)
      const again = await scene.send(await sentAgain(scene, request))
      expect([n, again.status, await valid.isSuccess(again)]).toEqual([n, again.status, true])
    }
  }
}

describe.each(settings)('store faults at %s', (_name, setting) => {
  test.each(requests)(
    'D-14 D-57 C-34 H-09 N-09 $name fails at every store operation and succeeds when repeated',
    async (valid) => {
      const operations = await failAtEach(
        valid,
        () => newScene(setting),
        async () => async () => {},
      )
      expect(operations).toBeGreaterThanOrEqual(leastOperationsOf(valid))
    },
    patience,
  )

  test.each(validRequests)(
    'D-14 D-57 H-09 $name fails, and earlier tokens stay valid',
    async (valid) => {
      const call = requestOf('a call of the resource')
      const check = async (scene: Scene) => {
        const standing = await call.prepare(scene)
        return async () => expect((await scene.send(standing)).status).toBe(200)
      }
      await failAtEach(valid, () => newScene(setting), check)
    },
    patience,
  )
})

describe.each(settings)('%s with a store that applies a write and loses the response', (_name, setting) => {
  test.each(requests)(
    'D-14 D-57 C-34 H-09 $name succeeds, or is an outage and succeeds when repeated',
    async (valid) => {
      let startedOver = 0
      let noticed = 0
      for (let n = 1; ; n += 1) {
        const scene = newScene(setting)
        const request = await valid.prepare(scene)
        scene.store.failAt(n, 'lost-answer')
        const answer = await scene.send(request)
        const { operations } = scene.store
        scene.store.heal()
        if (operations < n) break
        if (await valid.isSuccess(answer)) {
          noticed += 1
          continue
        }
        await expectToldOfOutage(valid, scene, answer)
        const again = await scene.send(await sentAgain(scene, request))
        if (await valid.isSuccess(again)) continue
        // Only the last step of answering a page cannot be repeated: the user starts over.
        await expectErrorPage(again, 400)
        startedOver += 1
      }
      // A lost write of a code or refresh token is read again and found to have happened.
      if (/^a (?:code|refresh token) of/.test(valid.name)) expect(noticed).toBeGreaterThanOrEqual(1)
      expect(startedOver).toBe(valid.audience === 'person' && valid.worksOnce === true ? 1 : 0)
    },
    patience,
  )
})

describe.each(requests)('$name repeated while the store fails on and off', (valid) => {
  test(
    'D-14 D-57 C-34 H-09 L-20 N-09 a repeated request is an outage each time and finally succeeds',
    async () => {
      const patterns = fc.array(fc.array(fc.boolean(), { maxLength: 12 }), { minLength: 1, maxLength: 4 })
      const property = fc.asyncProperty(
        patterns,
        fc.constantFrom(...settings),
        async (attempts, [, setting]) => {
          const scene = newScene(setting)
          const request = await valid.prepare(scene)
          for (const fails of attempts) {
            // Prepared without faults, because the previous attempt may have consumed an assertion.
            scene.store.heal()
            const attempt = await sentAgain(scene, request)
            scene.store.failWhere(fails.map((isDown) => (isDown ? 'lost-request' : undefined)))
            const answer = await scene.send(attempt)
            if (await valid.isSuccess(answer)) return
            await expectToldOfOutage(valid, scene, answer)
          }
          scene.store.heal()
          const last = await scene.send(await sentAgain(scene, request))
          expect([last.status, await valid.isSuccess(last)]).toEqual([last.status, true])
        },
      )
      await fc.assert(property, runs(30))
    },
    patience,
  )
})

describe('replays during an outage', () => {
  /** Sends a request until it succeeds, with a fault at each operation in turn. Then its earlier tokens are revoked. */
  async function refusedInTheEnd(
    fault: Fault,
    setting: Setting,
    use: (scene: Scene) => Promise<{ readonly spent: Parameters<Scene['send']>[0]; readonly token: string }>,
  ): Promise<number> {
    for (let n = 1; ; n += 1) {
      const scene = newScene(setting)
      const { spent, token } = await use(scene)
      scene.store.failAt(n, fault)
      const answer = await scene.send(spent)
      const { operations } = scene.store
      scene.store.heal()
      if (operations < n) {
        await expectOAuthError(answer, 401, 'invalid_grant')
        return operations
      }
      // Never tokens, and no refusal before the other tokens are revoked.
      if (answer.status !== 401) {
        await expectOutage(answer)
        await expectOAuthError(await scene.send(spent), 401, 'invalid_grant')
      }
      const introspection = await fromClient(scene, '/introspect', 'with-basic', { token })
      expect(await (await scene.send(introspection)).json()).toEqual({ active: false })
    }
  }

  const accessTokenOf = async (answer: Response) =>
    ((await answer.json()) as { readonly access_token: string }).access_token

  test.each<Fault>(['lost-request', 'lost-answer'])(
    'D-14 D-37 D-52 %s: a replay finally revokes its tokens',
    async (fault) => {
      for (const prepare of [codeRequest, refreshRequest]) {
        for (const accessTokenFormat of ['jwt', 'opaque'] as const) {
          const setting = { options: { ...noRefreshGrace, accessTokenFormat } }
          const operations = await refusedInTheEnd(fault, setting, async (scene) => {
            const spent = await prepare(scene, 'with-basic')
            return { spent, token: await accessTokenOf(await scene.send(spent)) }
          })
          expect(operations).toBeGreaterThanOrEqual(2)
        }
      }
    },
    patience,
  )

  test('D-14 D-52 D-57 a refresh token repeated within its grace fails at every store operation and finally succeeds', async () => {
    for (let n = 1; ; n += 1) {
      const scene = newScene()
      const request = await refreshRequest(scene, 'with-basic')
      const first = (await (await scene.send(request)).json()) as { readonly refresh_token: string }
      scene.store.failAt(n)
      let answer = await scene.send(request)
      const { operations } = scene.store
      scene.store.heal()
      if (operations >= n) {
        await expectOutage(answer)
        answer = await scene.send(request)
      }
      expect(await answer.json()).toMatchObject({ refresh_token: first.refresh_token })
      if (operations < n) break
    }
  })
})

/** What the application calls to invalidate the tokens of a user. */
const revocations: readonly [string, (scene: Scene) => Promise<void>][] = [
  ['the tokens of a user are revoked', ({ provider }) => provider.revokeTokens({ subject: 'alice' })],
  ['those of a client', ({ provider }) => provider.revokeTokens({ clientId: 'without' })],
  ['a client is deleted', ({ provider }) => provider.deleteClient('without')],
  ['the key is replaced', ({ provider }) => provider.rotateSigningKey()],
]

describe.each(revocations)('a revocation when %s', (_name, revoke) => {
  test.each<Fault>(['lost-request', 'lost-answer'])(
    'N-10 D-14 %s is an outage and complete when repeated',
    async (fault) => {
      for (let n = 1; ; n += 1) {
        const scene = newScene()
        const standing = await requestOf('a call of the resource').prepare(scene)
        expect((await scene.send(standing)).status).toBe(200)
        scene.store.failAt(n, fault)
        const isDone = await revoke(scene).then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'temporarily_unavailable', status: 503 })
            return false
          },
        )
        const { operations } = scene.store
        scene.store.heal()
        remember(scene)
        if (!isDone) await revoke(scene)
        expect((await scene.send(standing)).status).toBe(401)
        // What is allowed from now on is valid.
        const next = await requestOf('a call of the resource').prepare(scene)
        expect((await scene.send(next)).status).toBe(200)
        if (operations >= n) continue
        expect(operations).toBeGreaterThanOrEqual(1)
        break
      }
    },
    patience,
  )
})

test('C-28 D-14 the second answer to a consent page fails, even if its code cannot be removed', async () => {
  const scene = newScene()
  const request = await requestOf('allowing the client without').prepare(scene)
  scene.store.failFrom('delete')
  const [first, second] = (await Promise.all([scene.send(request), scene.send(request)])) as [
    Response,
    Response,
  ]
  scene.store.heal()
  remember(scene)
  expect(first.headers.get('location')).toContain('code=')
  await expectErrorPage(second, 503)
  await expectErrorPage(await scene.send(request), 400)
})

test('D-57 D-76 a refresh succeeds if the access token that it replaces cannot be removed', async () => {
  const scene = newScene({ options: { accessTokenFormat: 'opaque' } })
  const refresh = async (token: string) => {
    const form = { grant_type: 'refresh_token', refresh_token: token }
    const answer = await scene.send(await fromClient(scene, '/token', 'without', form))
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { readonly refresh_token: string }).refresh_token
  }
  const first = await scene.send(await refreshRequest(scene, 'without'))
  let { refresh_token } = (await first.json()) as { readonly refresh_token: string }
  for (let count = 0; count < 8; count += 1) refresh_token = await refresh(refresh_token)
  scene.store.failFrom('delete')
  refresh_token = await refresh(refresh_token)
  scene.store.heal()
  remember(scene)
  expect(scene.store.failed).toContain('delete access')
  await refresh(refresh_token)
})

/** All store operations of a server. A new row is a new way to fail. */
const operations: Readonly<Record<string, readonly (keyof Store)[]>> = {
  access: ['get', 'add', 'delete'],
  assertion: ['get', 'add'],
  client: ['get', 'set', 'compareAndSwap', 'delete'],
  code: ['get', 'set', 'compareAndSwap', 'delete'],
  consent: ['get', 'set', 'take'],
  document: ['get', 'add'],
  family: ['get', 'set', 'compareAndSwap', 'delete'],
  key: ['get', 'add', 'compareAndSwap'],
  mark: ['get', 'set'],
}

test('D-14 every store operation on every kind of record has failed here', () => {
  const all = Object.entries(operations).flatMap(([kind, names]) => names.map((name) => `${name} ${kind}`))
  expect([...failed].sort()).toEqual(all.sort())
})
