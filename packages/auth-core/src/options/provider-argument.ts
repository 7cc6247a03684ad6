/** Who was given a provider, and how a developer writes that call, for errors. */
export interface CallSite {
  /** The function that the developer has called: `mcpAuthRouter`. */
  readonly name: string
  /** The call, with `auth` for the provider: `mcpAuthRouter(auth, { mcpPath: '/mcp' })`. */
  readonly call: string
}

/** Something else that people pass, known by a member, and a sentence that says what to do. */
type Mistake = readonly [member: string, advice: (caller: CallSite) => string]

const remoteProvider = 'new RemoteAuthProvider({ baseUrl, authorizationServers, tokenVerifier })'
const ownProvider = 'new OAuthProvider({ baseUrl, signIn, store })'

/** What the functions of the official SDKs with these names take, and other near misses. The first that fits counts. */
const mistakesAtGates: readonly Mistake[] = [
  [
    'verifier',
    ({ call }) =>
      `{ verifier } is for the SDK. Write ${call}, where auth is the provider whose routes you mount, for example ${remoteProvider}. "requiredScopes" is set on its tokenVerifier, "resourceMetadataUrl" nowhere.`,
  ],
  [
    'verifyAccessToken',
    ({ call }) =>
      `this is a verifier of the SDK. Write ${call} with a class that extends TokenVerifier, whose verifyToken returns an AccessToken, or null for an invalid token.`,
  ],
  ['provider', ({ call }) => `pass the provider itself. Write ${call}.`],
]

const mistakesAtRoutes: readonly Mistake[] = [
  [
    'oauthMetadata',
    ({ call }) => `{ oauthMetadata } is for the SDK. Write ${call}, where auth is ${remoteProvider}.`,
  ],
  [
    'provider',
    ({ call }) =>
      `{ provider } is for the SDK. Write ${call}, where auth is the provider itself: ${ownProvider}, or ${remoteProvider} if tokens come from elsewhere. The other options are set on it.`,
  ],
  [
    'exchangeAuthorizationCode',
    ({ call }) => `this is a provider of the SDK. Write ${call}, where auth is ${ownProvider}.`,
  ],
  [
    'verifyToken',
    ({ call }) => `this provider has no routes. Write ${call}, where auth is ${remoteProvider}.`,
  ],
]

/** @throws `TypeError` for what cannot verify tokens. It says what to write instead. */
export function checkVerifyingProvider(caller: CallSite, provider: unknown): void {
  check(caller, provider, ['verifyToken'], mistakesAtGates)
}

/**
 * @param option Where it was given: `RemoteAuthProvider: "tokenVerifier"`.
 * @throws `TypeError` for an option that cannot verify tokens.
 */
export function checkSource(option: string, source: unknown): void {
  if (typeof memberOf(source, 'verifyToken') === 'function') return
  const advice =
    typeof memberOf(source, 'verifyAccessToken') === 'function'
      ? 'This is a verifier of the SDK. Make a class of it that extends TokenVerifier, whose verifyToken returns an AccessToken, or null for an invalid token.'
      : 'Use a JWTVerifier, for example.'
  throw new TypeError(`${option} must have a method verifyToken. ${advice}`)
}

/** @throws `TypeError` for what has no routes to serve. It says what to write instead. */
export function checkRoutedProvider(caller: CallSite, provider: unknown): void {
  check(caller, provider, ['setMcpPath', 'getRoutes', 'getWellKnownRoutes'], mistakesAtRoutes)
}

function check(
  caller: CallSite,
  provider: unknown,
  methods: readonly string[],
  mistakes: readonly Mistake[],
): void {
  const missing = methods.filter((method) => typeof memberOf(provider, method) !== 'function')
  if (missing.length === 0) return
  const [, advice] = mistakes.find(([member]) => memberOf(provider, member) !== undefined) ?? []
  const standard = `the provider must have ${missing.join(', ')}. Write ${caller.call}, where auth is an OAuthProvider or a RemoteAuthProvider.`
  throw new TypeError(`${caller.name}: ${advice?.(caller) ?? standard}`)
}

function memberOf(value: unknown, member: string): unknown {
  return value === undefined || value === null ? undefined : Reflect.get(Object(value), member)
}
