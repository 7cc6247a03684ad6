/** The function that got a provider, and how to call it, for errors. */
export interface CallSite {
  /** The function that the developer called: `mcpAuthRouter`. */
  readonly name: string
  /** A correct call, with `auth` as the provider: `mcpAuthRouter(auth, { mcpPath: '/mcp' })`. */
  readonly call: string
}

/** A frequent wrong argument, recognized by a member, and what to do instead. */
type Mistake = readonly [member: string, advice: (caller: CallSite) => string]

const remoteProvider = 'new RemoteAuthProvider({ baseUrl, authorizationServers, tokenVerifier })'
const ownProvider = 'new OAuthProvider({ baseUrl, signIn, store })'

/** Arguments of the functions of the same name in the official SDKs, and other near misses. The first match counts. */
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

/** @throws `TypeError`, with the correct call, unless the provider can verify tokens. */
export function checkVerifyingProvider(caller: CallSite, provider: unknown): void {
  check(caller, provider, ['verifyToken'], mistakesAtGates)
}

/**
 * @param option The owner and the option: `RemoteAuthProvider: "tokenVerifier"`.
 * @throws `TypeError` unless the option can verify tokens.
 */
export function checkSource(option: string, source: unknown): void {
  if (typeof memberOf(source, 'verifyToken') === 'function') return
  const advice =
    typeof memberOf(source, 'verifyAccessToken') === 'function'
      ? 'This is a verifier of the SDK. Make a class of it that extends TokenVerifier, whose verifyToken returns an AccessToken, or null for an invalid token.'
      : 'Use a JWTVerifier, for example.'
  throw new TypeError(`${option} must have a method verifyToken. ${advice}`)
}

/** @throws `TypeError`, with the correct call, unless the provider has routes to serve. */
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
