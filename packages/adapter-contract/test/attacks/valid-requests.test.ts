import { beforeAll, describe, expect, test } from 'vitest'
import { type ClientKey, newClientKey } from '../harness/assertions.js'
import { inProcess } from '../harness/in-process.js'
import { noRefreshGrace, validRequests } from '../harness/valid-requests.js'
import { type WireRequest, wireGet } from '../harness/wire-request.js'

// Every suite with all requests is only as complete as this list. What is served and missing here fails.

let key: ClientKey
let prepared: readonly WireRequest[]
beforeAll(async () => {
  key = await newClientKey()
  const target = inProcess(key)
  prepared = await Promise.all(validRequests.map(({ prepare }) => prepare(target)))
})

interface Metadata {
  readonly grant_types_supported: readonly string[]
  readonly token_endpoint_auth_methods_supported: readonly string[]
  readonly revocation_endpoint_auth_methods_supported: readonly string[]
  readonly introspection_endpoint_auth_methods_supported: readonly string[]
}

async function metadata(): Promise<Metadata> {
  const answer = await inProcess(key).send(wireGet('/.well-known/oauth-authorization-server'))
  return (await answer.json()) as Metadata
}

function formOf({ body }: WireRequest): Readonly<Record<string, string>> {
  return body.kind === 'form' ? Object.fromEntries(body.pairs) : {}
}

function methodOf(wire: WireRequest): string {
  const form = formOf(wire)
  if (wire.headers['authorization']?.startsWith('Basic ') === true) return 'client_secret_basic'
  if (form['client_assertion'] !== undefined) return 'private_key_jwt'
  return form['client_secret'] === undefined ? 'none' : 'client_secret_post'
}

const at = (path: string) => prepared.filter((wire) => wire.path === path)

test('the list has a request for every row of the route table', () => {
  const { provider } = inProcess(key)
  const rows = provider.getRoutes().filter(({ methods }) => methods.length === 1)
  const served = rows.map(({ methods: [method], path }) => `${method} ${path}`)
  const sent = new Set([...prepared.map(({ method, path }) => `${method} ${path}`)])
  // HEAD and preflights have no rows: every mutated request may become one.
  expect(served.filter((one) => !/^(?:HEAD|OPTIONS) /.test(one) && !sent.has(one))).toEqual([])
})

test('the list has a request for every grant with every authentication method', async () => {
  const { grant_types_supported, token_endpoint_auth_methods_supported } = await metadata()
  const all = grant_types_supported.flatMap((grant) =>
    token_endpoint_auth_methods_supported.map((method) => `${grant} ${method}`),
  )
  const sent = new Set(at('/token').map((wire) => `${formOf(wire)['grant_type']} ${methodOf(wire)}`))
  expect(all.filter((one) => !sent.has(one))).toEqual(['client_credentials none'])
})

test('the list has requests to revocation and introspection with every authentication method', async () => {
  const {
    revocation_endpoint_auth_methods_supported: ofRevocation,
    introspection_endpoint_auth_methods_supported: ofIntrospection,
  } = await metadata()
  expect(new Set(at('/revoke').map(methodOf))).toEqual(new Set(ofRevocation))
  expect(new Set(at('/introspect').map(methodOf))).toEqual(new Set(ofIntrospection))
})

describe.each(validRequests)('$name', (valid) => {
  test('the request succeeds, and succeeds again unless it works only once', async () => {
    const target = inProcess(key, noRefreshGrace)
    const request = await valid.prepare(target)
    const answers = [await target.send(request), await target.send(request)]
    const verdicts = await Promise.all(answers.map((answer) => valid.isSuccess(answer)))
    // A revocation can be repeated. A consumed request cannot.
    expect(verdicts).toEqual([true, valid.worksOnce !== true])
  })
})
