import { expect, test, vi } from 'vitest'
import type { ClientRecord } from '../../src/authorization-server/clients/client.js'
import { ClientKeys } from '../../src/client-authentication/client-keys.js'
import type { Fetch } from '../../src/http/fetch-json.js'
import { json, startServer } from '../harness/loopback-server.js'
import { newKey } from '../harness/tokens.js'

function recordOf(origin: ClientRecord['origin'], jwks_uri: string): ClientRecord {
  const client = {
    client_id: 'client',
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri,
  }
  return { client, origin, secrets: [] }
}

async function clientKeys(fetchPublic: Fetch | undefined) {
  const { publicJwk } = await newKey()
  const keys = new ClientKeys({ fetchPublic, now: () => 1_800_000_000, emit: () => {} })
  const header = { alg: 'ES256', kid: publicJwk.kid as string }
  const find = (origin: ClientRecord['origin'], uri: string) => keys.find(recordOf(origin, uri), header)
  return { find, publicJwk }
}

test('M-10 M-13 the keys of static clients stay, however many strangers publish keys', async () => {
  const fetched: string[] = []
  const { find, publicJwk } = await clientKeys(async (url) => {
    fetched.push(url)
    return Response.json({ keys: [publicJwk] })
  })
  const operator = await startServer(json({ keys: [publicJwk] }))
  const uri = `${operator.origin}/jwks`
  expect(await find('configuration', uri)).toHaveLength(1)
  for (let i = 0; i < 500; i += 1) await find('document', `https://a${i}.example/jwks`)
  expect(fetched).toHaveLength(500)
  expect(await find('configuration', uri)).toHaveLength(1)
  expect(operator.requests).toHaveLength(1)
  await operator.close()
})

test('M-10 a thousand strangers with slow keys leave room for documents, and give their places back', async () => {
  const answers: ((response: Response) => void)[] = []
  const { find, publicJwk } = await clientKeys(() => new Promise((resolve) => answers.push(resolve)))
  const all = Array.from({ length: 1000 }, (_, i) => find('registration', `https://a${i}.example/jwks`))
  const settled = Promise.allSettled(all)
  await Promise.race(all.map((one) => one.catch(() => {})))
  expect(answers).toHaveLength(12)
  for (const answer of answers.splice(0)) answer(Response.json({ keys: [publicJwk] }))
  expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(12)

  const later = find('registration', 'https://later.example/jwks')
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  answers[0]?.(Response.json({ keys: [publicJwk] }))
  expect(await later).toHaveLength(1)
})

test('M-07 the keys of a client that are larger than 64 KiB are not read', async () => {
  const { find, publicJwk } = await clientKeys(async (url) => {
    const padding = 'x'.repeat(Number(new URL(url).searchParams.get('size')))
    return Response.json({ keys: [publicJwk], padding })
  })
  expect(await find('document', 'https://a.example/jwks?size=60000')).toHaveLength(1)
  await expect(find('document', 'https://a.example/jwks?size=70000')).rejects.toMatchObject({ status: 503 })
})

test('M-13 a stranger cannot have the keys fetched that the operator may', async () => {
  const operator = await startServer(json({ keys: [] }))
  const { find } = await clientKeys(async () => {
    throw new Error('not public')
  })
  await expect(find('registration', `${operator.origin}/jwks`)).rejects.toMatchObject({ status: 503 })
  await expect(find('document', `${operator.origin}/jwks`)).rejects.toMatchObject({ status: 503 })
  expect(operator.requests).toEqual([])
  await operator.close()
})

test('M-12 E-22 where nothing can be fetched safely any more, that is an outage', async () => {
  const { find } = await clientKeys(undefined)
  await expect(find('registration', 'https://client.example/jwks')).rejects.toMatchObject({ status: 503 })
})
