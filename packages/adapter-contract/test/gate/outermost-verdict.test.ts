import {
  AccessToken,
  type AuthProviderLike,
  dispatch,
  IntrospectionTokenVerifier,
  JWTVerifier,
  MultiAuth,
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
  type RoutedProvider,
  StaticTokenVerifier,
  TokenVerifier,
  toSdkVerifier,
  type VerifyTokenOptions,
} from '@tollgate/auth-core'
import { createTestIssuer, type TestIssuer } from '@tollgate/auth-testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { fromJavaScript } from '../harness/from-javascript.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { callMcp, type Tokens } from '../harness/oauth-driver.js'
import { billing, billingHeader } from '../harness/static-clients.js'

/** The policy of code around our verifier. It changes while the server runs. */
type Policy = 'pass' | 'refuse' | 'take scopes' | 'fail'
let policy: Policy = 'pass'

type Verdict = AccessToken | null
type Verify = AuthProviderLike['verifyToken']

async function decide(inner: Promise<Verdict>): Promise<Verdict> {
  const verdict = await inner
  if (policy === 'fail') throw new Error('the database of clients is down')
  if (verdict === null || policy === 'refuse') return null
  return policy === 'take scopes' ? new AccessToken({ ...verdict, resource: undefined, scopes: [] }) : verdict
}

/** Code of others that decides last. */
const around =
  (verify: Verify): Verify =>
  (token, options) =>
    decide(verify(token, options))

const grant = (token: string) =>
  new AccessToken({ token, clientId: 'c', scopes: ['notes:read'], expiresAt: issuer.now() + 600 })

/** A function of the application inside our verifier. */
function asked<Value>(good: Value, bad: Value): Value {
  if (policy === 'fail') throw new Error('the database of tenants is down')
  return policy === 'pass' ? good : bad
}

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await createTestIssuer()
})

const required = { requiredScopes: ['notes:read'] }
const jwtOptions = () => ({ issuer: issuer.issuer, fetch: issuer.fetch, now: issuer.now, ...required })
const jwtVerifier = () => new JWTVerifier(jwtOptions())
const introspectionOptions = () => ({
  introspectionUrl: 'https://issuer.test/introspect',
  clientId: 'notes-server',
  clientSecret: 'secret',
  cacheLifetime: 60,
  dangerouslyAllowAnyAudience: true,
  fetch: async () =>
    Response.json({ active: true, client_id: 'c', scope: 'notes:read', exp: issuer.now() + 600 }),
  now: issuer.now,
  ...required,
})
const staticOptions = () => ({
  tokens: { opaque: { clientId: 'c', scopes: ['notes:read'] } },
  ...required,
})

const remoteOptions = (origin: string, tokenVerifier: AuthProviderLike) => ({
  baseUrl: origin,
  authorizationServers: [issuer.issuer],
  tokenVerifier,
})
const remote = (origin: string, tokenVerifier: AuthProviderLike) =>
  new RemoteAuthProvider(remoteOptions(origin, tokenVerifier))

class StrictJWTVerifier extends JWTVerifier {
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(super.verifyToken(token, options))
  }
}
/** An arrow function is a member of the instance, not of the prototype. */
class ArrowJWTVerifier extends JWTVerifier {
  override verifyToken = around((token, options) =>
    JWTVerifier.prototype.verifyToken.call(this, token, options),
  )
}
class StrictIntrospectionVerifier extends IntrospectionTokenVerifier {
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(super.verifyToken(token, options))
  }
}
class StrictStaticVerifier extends StaticTokenVerifier {
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(super.verifyToken(token, options))
  }
}
class StrictRemoteProvider extends RemoteAuthProvider {
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(super.verifyToken(token, options))
  }
}
class StrictMultiAuth extends MultiAuth {
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(super.verifyToken(token, options))
  }
}
class StrictOAuthProvider extends OAuthProvider {
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(super.verifyToken(token, options))
  }
}
/** A second subclass that changes nothing itself. */
class NamedStrictVerifier extends StrictJWTVerifier {
  readonly name = 'mine'
}
/** A decorator overrides the method, not the class. */
class DecoratedVerifier extends JWTVerifier {}
Object.defineProperty(DecoratedVerifier.prototype, 'verifyToken', {
  value: function decorated(this: DecoratedVerifier, token: string, options?: VerifyTokenOptions) {
    return decide(JWTVerifier.prototype.verifyToken.call(this, token, options))
  },
})
class DelegatingVerifier extends TokenVerifier {
  readonly #inner = jwtVerifier()
  constructor() {
    super(required)
  }
  override verifyToken(token: string, options?: VerifyTokenOptions) {
    return decide(this.#inner.verifyToken(token, options))
  }
  /** Forwarded by accident: the cache of the inner one is not the verdict of this one. */
  recallToken(token: string, options?: VerifyTokenOptions) {
    return fromJavaScript<{ recallToken?: Verify }>(this.#inner).recallToken?.(token, options)
  }
  override now() {
    return this.#inner.now()
  }
}

/** A provider with code of others, which `install` adds while the server runs. */
interface Extended {
  readonly provider: RoutedProvider
  readonly install?: () => () => void
  /** The policies that it can have. Default: all. */
  readonly policies?: readonly Policy[]
  /** Gets its own token. Default: one of the issuer. */
  readonly token?: (origin: string, send?: typeof fetch) => Promise<string>
}

function replaceVerifyToken(owner: { verifyToken: Verify }, verifyToken: Verify): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, 'verifyToken')
  Object.defineProperty(owner, 'verifyToken', { value: verifyToken, configurable: true, writable: true })
  return () => {
    if (own === undefined) Reflect.deleteProperty(owner, 'verifyToken')
    else Object.defineProperty(owner, 'verifyToken', own)
  }
}

const opaque = async () => 'opaque'
const ownToken = async (origin: string, send = fetch) => {
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const answer = await send(`${origin}/token`, { method: 'POST', headers: billingHeader, body })
  return ((await answer.json()) as Tokens).access_token
}
const ownOptions = (origin: string) => ({
  baseUrl: origin,
  scopesSupported: ['notes:read'],
  clients: [billing],
  store: memoryStore(),
  signIn: () => ({ subject: 'alice' }),
  ...required,
})

const kinds: Record<string, (origin: string) => Extended> = {
  'a subclass of JWTVerifier': (origin) => ({
    provider: remote(origin, new StrictJWTVerifier(jwtOptions())),
  }),
  'a subclass of a subclass': (origin) => ({
    provider: remote(origin, new NamedStrictVerifier(jwtOptions())),
  }),
  'a subclass with an arrow function': (origin) => ({
    provider: remote(origin, new ArrowJWTVerifier(jwtOptions())),
  }),
  'a decorated class': (origin) => ({ provider: remote(origin, new DecoratedVerifier(jwtOptions())) }),
  'a subclass of IntrospectionTokenVerifier': (origin) => ({
    provider: remote(origin, new StrictIntrospectionVerifier(introspectionOptions())),
    token: opaque,
  }),
  'a subclass of StaticTokenVerifier': (origin) => ({
    provider: remote(origin, new StrictStaticVerifier(staticOptions())),
    token: opaque,
  }),
  'a subclass of RemoteAuthProvider': (origin) => ({
    provider: new StrictRemoteProvider(remoteOptions(origin, jwtVerifier())),
  }),
  'a subclass of MultiAuth': (origin) => ({
    provider: new StrictMultiAuth({ server: remote(origin, jwtVerifier()) }),
  }),
  'a subclass of OAuthProvider': (origin) => ({
    provider: new StrictOAuthProvider(ownOptions(origin)),
    token: ownToken,
  }),
  'a verifier that asks one of ours': (origin) => ({ provider: remote(origin, new DelegatingVerifier()) }),
  'an object that asks one of ours': (origin) => {
    const verifier = jwtVerifier()
    return {
      provider: remote(origin, { ...verifier, verifyToken: around(verifier.verifyToken.bind(verifier)) }),
    }
  },
  'an object that inherits one of ours': (origin) => {
    const verifier = jwtVerifier()
    const verifyToken = around(verifier.verifyToken.bind(verifier))
    const now = () => issuer.now()
    // Code that reads our private members must be our own.
    const own = { clockTolerance: { value: 30 }, onEvent: { value: undefined }, now: { value: now } }
    const members = { ...own, verifyToken: { value: verifyToken } }
    return { provider: remote(origin, Object.create(verifier, members) as JWTVerifier) }
  },
  'a proxy': (origin) => {
    const proxy = new Proxy(jwtVerifier(), {
      get(verifier, name) {
        const member: unknown = Reflect.get(verifier, name)
        if (typeof member !== 'function') return member
        const bound = member.bind(verifier)
        return name === 'verifyToken' ? around(bound) : bound
      },
    })
    return { provider: remote(origin, proxy) }
  },
  'a provider in two others': (origin) => {
    const inner = new MultiAuth({ verifiers: [new StrictJWTVerifier(jwtOptions())] })
    return { provider: new MultiAuth({ server: remote(origin, inner) }) }
  },
  'a source before one that remembers the token': (origin) => ({
    // The first source may be replaced from now on.
    provider: new MultiAuth({
      server: remote(origin, {
        ...required,
        verifyToken: (token) =>
          policy === 'pass' ? Promise.resolve(null) : decide(Promise.resolve(grant(token))),
      }),
      verifiers: jwtVerifier(),
    }),
    policies: ['pass', 'take scopes'],
  }),
  'the verifier of an instance, replaced before': (origin) => {
    const verifier = jwtVerifier()
    replaceVerifyToken(verifier, around(verifier.verifyToken.bind(verifier)))
    return { provider: remote(origin, verifier) }
  },
  'the verifier of an instance, replaced while the server runs': (origin) => {
    const verifier = jwtVerifier()
    const install = () => replaceVerifyToken(verifier, around(verifier.verifyToken.bind(verifier)))
    return { provider: remote(origin, verifier), install }
  },
  'the provider itself, replaced while the server runs': (origin) => {
    const provider = remote(origin, jwtVerifier())
    const install = () => replaceVerifyToken(provider, around(provider.verifyToken.bind(provider)))
    return { provider, install }
  },
  'a source of MultiAuth, replaced while the server runs': (origin) => {
    const source = jwtVerifier()
    const install = () => replaceVerifyToken(source, around(source.verifyToken.bind(source)))
    const server = remote(origin, new StaticTokenVerifier({ tokens: {} }))
    return { provider: new MultiAuth({ server, verifiers: source }), install }
  },
  'an earlier source of MultiAuth, replaced while the server runs': (origin) => {
    const first = remote(origin, new StaticTokenVerifier({ tokens: {}, ...required }))
    const install = () => replaceVerifyToken(first, async (token) => decide(Promise.resolve(grant(token))))
    return {
      provider: new MultiAuth({ server: first, verifiers: jwtVerifier() }),
      install,
      policies: ['pass', 'take scopes'],
    }
  },
  'the prototype, patched while the server runs': (origin) => {
    const { prototype } = JWTVerifier
    const original = prototype.verifyToken
    const install = () =>
      replaceVerifyToken(prototype, function patched(this: JWTVerifier, token, options) {
        return decide(original.call(this, token, options))
      })
    return { provider: remote(origin, jwtVerifier()), install }
  },
  'the prototype of OAuthProvider, patched while the server runs': (origin) => {
    const { prototype } = OAuthProvider
    const original = prototype.verifyToken
    const install = () =>
      replaceVerifyToken(prototype, function patched(this: OAuthProvider, token, options) {
        return decide(original.call(this, token, options))
      })
    return { provider: new OAuthProvider(ownOptions(origin)), token: ownToken, install }
  },
  'a function that returns the accepted issuers': (origin) => {
    const isKnown = () => asked(true, false)
    const { issuer: name, now, jwks } = issuer
    const options = { issuer: () => (isKnown() ? name : undefined), jwks: jwks(), now, ...required }
    return { provider: remote(origin, new JWTVerifier(options)), policies: ['refuse', 'pass', 'fail'] }
  },
  'a function that reads scopes': (origin) => {
    const scopes = () => asked('notes:read', 'none')
    const verifier = new JWTVerifier({ ...jwtOptions(), scopes })
    return { provider: remote(origin, verifier), policies: ['take scopes', 'pass', 'fail'] }
  },
  'a function that reads scopes of a token whose claims have a schema': (origin) => {
    const claims = z.object({ sub: z.string() })
    const scopes = ({ client_id }: Readonly<Record<string, unknown>>) =>
      asked(client_id === undefined ? 'none' : 'notes:read', 'none')
    const verifier = new JWTVerifier({ ...jwtOptions(), claims, scopes })
    return { provider: remote(origin, verifier), policies: ['take scopes', 'pass', 'fail'] }
  },
  'a function that reads scopes of an introspection response': (origin) => {
    const scopes = () => asked('notes:read', 'none')
    const verifier = new IntrospectionTokenVerifier({ ...introspectionOptions(), scopes })
    return { provider: remote(origin, verifier), policies: ['take scopes', 'pass', 'fail'], token: opaque }
  },
  'a getter': (origin) => {
    const verifier = jwtVerifier()
    const verifyToken = around(verifier.verifyToken.bind(verifier))
    Object.defineProperty(verifier, 'verifyToken', { get: () => verifyToken })
    return { provider: remote(origin, verifier) }
  },
  'another prototype, set while the server runs': (origin) => {
    const verifier = jwtVerifier()
    const install = () => {
      Object.setPrototypeOf(verifier, StrictJWTVerifier.prototype)
      return () => Object.setPrototypeOf(verifier, JWTVerifier.prototype)
    }
    return { provider: remote(origin, verifier), install }
  },
}

const outcome = { pass: 200, refuse: 401, 'take scopes': 403, fail: 503 } as const
/** Each change takes effect at the next request, not only once. */
const changes: readonly Policy[] = [
  ...(['refuse', 'refuse', 'pass', 'pass', 'pass', 'refuse', 'refuse', 'pass', 'pass'] as const),
  ...(['take scopes', 'take scopes', 'pass', 'fail', 'fail', 'pass', 'take scopes', 'pass'] as const),
]

let undo: (() => void)[] = []
afterEach(() => {
  policy = 'pass'
  for (const each of undo) each()
  undo = []
})

/** Sends the same token while the code around ours changes its mind. */
async function expectLastWord(
  { install, policies = ['refuse', 'pass', 'take scopes', 'fail'] }: Extended,
  send: () => Promise<number>,
): Promise<void> {
  policy = 'pass'
  if (install !== undefined) {
    // Only our code has decided so far, and the verdict is cached.
    expect([await send(), await send()]).toEqual([200, 200])
    undo.push(install())
  }
  const said = changes.filter((change) => policies.includes(change))
  const heard: number[] = []
  for (const change of said) {
    policy = change
    heard.push(await send())
  }
  expect(heard).toEqual(said.map((change) => outcome[change]))
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost | undefined
  afterEach(() => host?.close())

  test.each(Object.entries(kinds))(
    'A-51 the outermost verdict decides at every request: %s',
    async (_, build) => {
      let extended: Extended | undefined
      host = await start((origin) => {
        extended = build(origin)
        return { provider: extended.provider }
      })
      const { origin } = host
      if (extended === undefined) throw new Error('the host built nothing')
      const token = await (extended.token?.(origin) ??
        issuer.mint({ audience: `${origin}/mcp`, scopes: ['notes:read'] }))
      await expectLastWord(extended, async () => (await callMcp(origin, token)).status)
    },
  )
})

describe('toSdkVerifier', () => {
  class InvalidTokenError extends Error {}

  test.each(Object.entries(kinds))(
    'A-51 the outermost verdict decides at every request to the gate of the SDK: %s',
    async (_, build) => {
      const origin = 'https://rs.example'
      const extended = build(origin)
      const routes = extended.provider.getRoutes('/mcp')
      const serve: typeof fetch = (input, init) =>
        Promise.resolve(dispatch(routes, new Request(input, init)) ?? new Response(null, { status: 404 }))
      const token = await (extended.token?.(origin, serve) ??
        issuer.mint({ audience: `${origin}/mcp`, scopes: ['notes:read'] }))
      const { verifyAccessToken } = toSdkVerifier(extended.provider, { InvalidTokenError })
      // The status that the SDK's gate gives.
      const send = () =>
        verifyAccessToken(token).then(
          ({ scopes }) => (scopes.includes('notes:read') ? 200 : 403),
          (error: unknown) => (error instanceof InvalidTokenError ? 401 : 503),
        )
      await expectLastWord(extended, send)
    },
  )
})
