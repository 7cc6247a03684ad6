import { memoryStore, type Store } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ClientKey, newClientKey } from '../harness/assertions.js'
import { type HeldStore, heldStore } from '../harness/held-store.js'
import { type InProcess, inProcess } from '../harness/in-process.js'
import type { NotesAppOptions } from '../harness/notes-app.js'
import { slowStore } from '../harness/slow-store.js'
import {
  codeRequest,
  fromClient,
  noRefreshGrace,
  oneTimeRequests,
  refreshRequest,
  type ValidRequest,
} from '../harness/valid-requests.js'
import { type WireRequest, wireGet } from '../harness/wire-request.js'

const patience = 120_000

let key: ClientKey
beforeAll(async () => {
  key = await newClientKey()
})

/** Two processes of one server, which share only the store. */
function twoServers<S extends Store>(store: S, options: NotesAppOptions = {}) {
  const [here, there] = [0, 1].map(() => inProcess(key, { store, ...options })) as [InProcess, InProcess]
  return { here, there, store }
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

async function tokensOf(answer: Response): Promise<Tokens> {
  expect(answer.status).toBe(200)
  return (await answer.clone().json()) as Tokens
}

const callOf = ({ access_token }: Tokens): WireRequest => ({
  ...wireGet('/mcp'),
  headers: { authorization: `Bearer ${access_token}` },
})

/**
 * Starts a request and runs something else before each of its store operations in turn. Returns the number of
 * operations.
 */
async function interruptAtEach<Answer>(
  open: () => Promise<{
    readonly store: HeldStore
    readonly begin: () => Promise<Answer>
    readonly meanwhile: () => Promise<void>
    readonly after: (answer: Answer) => Promise<void>
  }>,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    const { store, begin, meanwhile, after } = await open()
    const { reached, release } = store.holdAt(n)
    const begun = begin()
    const isHeld = await Promise.race([reached.then(() => true), begun.then(() => false)])
    if (!isHeld) return n - 1
    await meanwhile()
    release()
    await after(await begun)
  }
}

const once = oneTimeRequests

/** Requests whose proof works once: a repetition is not authenticated and revokes nothing. */
const isProvedOnce = ({ name }: ValidRequest) => /with-jwt|with-keys/.test(name)

async function expectRefusal(answer: Response): Promise<void> {
  expect([400, 401]).toContain(answer.status)
  expect(answer.headers.get('location')).toBeNull()
  expect(await answer.text()).not.toContain('access_token')
}

/** A replay revokes the earlier tokens, unless it is detected before its grant is known. */
async function expectTokensOfWinner(valid: ValidRequest, server: InProcess, winner: Response): Promise<void> {
  if (!/^a (?:code|refresh token) of/.test(valid.name)) return
  const { status } = await server.send(callOf(await tokensOf(winner)))
  expect(status).toBe(isProvedOnce(valid) ? 200 : 401)
}

describe.each(once)('$name', (valid) => {
  test(
    'D-36 D-53 E-18 C-28 N-01 N-03 N-05 a one-time request succeeds once wherever another process intervenes',
    async () => {
      const operations = await interruptAtEach(async () => {
        const { here, there, store } = twoServers(heldStore(), noRefreshGrace)
        const request = await valid.prepare(here)
        let second: Response | undefined
        return {
          store,
          begin: () => here.send(request),
          async meanwhile() {
            second = await there.send(request)
          },
          async after(first) {
            const answers = [first, second as Response]
            const verdicts = await Promise.all(answers.map((answer) => valid.isSuccess(answer)))
            expect(verdicts.filter((isSuccess) => isSuccess)).toHaveLength(1)
            await expectRefusal(answers[verdicts.indexOf(false)] as Response)
            await expectTokensOfWinner(valid, there, answers[verdicts.indexOf(true)] as Response)
          },
        }
      })
      expect(operations).toBeGreaterThanOrEqual(2)
    },
    patience,
  )

  test.each<[string, () => Store]>([
    ['a store in memory', memoryStore],
    ['a store across a network', slowStore],
  ])(
    'D-36 D-53 E-18 C-28 N-01 N-03 N-05 a one-time request succeeds once among 50 at two processes with %s',
    async (_name, openStore) => {
      const { here, there } = twoServers(openStore(), noRefreshGrace)
      const request = await valid.prepare(here)
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? here : there).send(request)),
      )
      const verdicts = await Promise.all(answers.map((answer) => valid.isSuccess(answer)))
      expect(verdicts.filter((isSuccess) => isSuccess)).toHaveLength(1)
      for (const [n, answer] of answers.entries()) if (verdicts[n] === false) await expectRefusal(answer)
      await expectTokensOfWinner(valid, here, answers[verdicts.indexOf(true)] as Response)
    },
    patience,
  )
})

test('D-54 D-57 N-03 a refresh token within its grace has one successor wherever another process intervenes', async () => {
  const operations = await interruptAtEach(async () => {
    const { here, there, store } = twoServers(heldStore())
    const request = await refreshRequest(here, 'without')
    let second: Response | undefined
    return {
      store,
      begin: () => here.send(request),
      async meanwhile() {
        second = await there.send(request)
      },
      async after(first) {
        const [one, other] = [await tokensOf(first), await tokensOf(second as Response)]
        expect(one.refresh_token).toBe(other.refresh_token)
        for (const tokens of [one, other]) expect((await there.send(callOf(tokens))).status).toBe(200)
        const next = await fromClient(there, '/token', 'without', {
          grant_type: 'refresh_token',
          refresh_token: one.refresh_token,
        })
        await tokensOf(await there.send(next))
      },
    }
  })
  expect(operations).toBeGreaterThanOrEqual(5)
})

/** Every way of revoking what alice allowed the client `without`, in another process. */
const revocations: readonly [string, (there: InProcess, tokens: Tokens) => Promise<unknown>][] = [
  ['the user', ({ provider }) => provider.revokeTokens({ subject: 'alice' })],
  ['the client', ({ provider }) => provider.revokeTokens({ clientId: 'without' })],
  ['both', ({ provider }) => provider.revokeTokens({ subject: 'alice', clientId: 'without' })],
  ['the client, which is deleted', ({ provider }) => provider.deleteClient('without')],
  [
    'the grant',
    ({ provider }, { access_token }) =>
      provider.revokeTokens({ grantId: String(decodeJwt(access_token)['token_family']) }),
  ],
  [
    'the client itself',
    async (there, { refresh_token }) =>
      there.send(await fromClient(there, '/revoke', 'without', { token: refresh_token })),
  ],
]

describe.each(revocations)('a revocation by %s', (_name, revoke) => {
  test(
    'D-59 H-02 N-10 a revocation during a refresh leaves no valid token',
    async () => {
      await interruptAtEach(async () => {
        const { here, there, store } = twoServers(heldStore())
        const before = await tokensOf(await here.send(await codeRequest(here, 'without')))
        const { refresh_token } = before
        const form = { grant_type: 'refresh_token', refresh_token }
        const request = await fromClient(here, '/token', 'without', form)
        return {
          store,
          begin: () => here.send(request),
          meanwhile: async () => {
            await revoke(there, before)
          },
          after: (answer) => expectAllEnded(there, [before], answer),
        }
      })
    },
    patience,
  )

  test(
    'D-59 N-10 a revocation slower than the cache of other processes leaves no cached token valid',
    async () => {
      const operations = await interruptAtEach(async () => {
        const now = testClock()
        const { here, store } = twoServers(heldStore({ now }), { now })
        const tokens = await tokensOf(await here.send(await codeRequest(here, 'without')))
        return {
          store,
          begin: () => revoke(here, tokens),
          async meanwhile() {
            now.advance(60)
            await here.send(callOf(tokens))
          },
          after: () => expectAllEnded(here, [tokens]),
        }
      })
      expect(operations).toBeGreaterThanOrEqual(1)
    },
    patience,
  )

  test(
    'D-59 N-10 a revocation during a call is remembered at the next call',
    async () => {
      await interruptAtEach(async () => {
        const { here, store } = twoServers(heldStore())
        const tokens = await tokensOf(await here.send(await codeRequest(here, 'without')))
        return {
          store,
          begin: () => here.send(callOf(tokens)),
          // In the same process, because others cache verdicts for a while.
          meanwhile: async () => {
            await revoke(here, tokens)
          },
          after: () => expectAllEnded(here, [tokens]),
        }
      })
    },
    patience,
  )
})

/** Without tokens there is no grant to name yet. */
const ofOwners = revocations.filter(([name]) => !['the grant', 'the client itself'].includes(name))

test.each(ofOwners)(
  'D-59 N-10 a revocation by %s during a redemption leaves no valid token',
  async (_name, revoke) => {
    await interruptAtEach(async () => {
      const { here, there, store } = twoServers(heldStore())
      const before = await tokensOf(await here.send(await codeRequest(here, 'without')))
      const request = await codeRequest(here, 'without')
      return {
        store,
        begin: () => here.send(request),
        meanwhile: async () => {
          await revoke(there, before)
        },
        after: (answer) => expectAllEnded(there, [before], answer),
      }
    })
  },
  patience,
)

/** Neither the earlier tokens nor those of a response may be valid. */
async function expectAllEnded(
  server: InProcess,
  before: readonly Tokens[],
  answer?: Response,
): Promise<void> {
  const after = answer?.status === 200 ? [await tokensOf(answer)] : []
  for (const tokens of [...before, ...after]) {
    expect((await server.send(callOf(tokens))).status).toBe(401)
    const { refresh_token } = tokens
    const form = { grant_type: 'refresh_token', refresh_token }
    const refreshed = await server.send(await fromClient(server, '/token', 'without', form))
    expect(refreshed.status).toBe(401)
  }
}

test('D-57 N-09 signing keys replaced during a token request sign nobody out', async () => {
  const now = testClock()
  await interruptAtEach(async () => {
    const { here, there, store } = twoServers(heldStore({ now }), { now })
    const request = await codeRequest(here, 'without')
    return {
      store,
      begin: () => here.send(request),
      meanwhile: () => there.provider.rotateSigningKey(),
      async after(answer) {
        const { refresh_token } = await tokensOf(answer)
        // The cached keys of a process are older than that.
        now.advance(20)
        const form = { grant_type: 'refresh_token', refresh_token }
        const refreshed = await here.send(await fromClient(here, '/token', 'without', form))
        for (const server of [here, there]) {
          expect((await server.send(callOf(await tokensOf(refreshed)))).status).toBe(200)
        }
      },
    }
  })
})
