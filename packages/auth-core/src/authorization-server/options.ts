import { type EndpointName, mapEndpoints } from '../oauth/endpoint-names.js'
import { scopeList } from '../oauth/scope.js'
import { checkedOptions, type Option, type OptionTable } from '../options/option-table.js'
import {
  anyFunction,
  flag,
  functionOrFalse,
  isObject,
  membersWithDefaults,
  oneOf,
  option,
  required,
  text,
  url,
  urlList,
  withDefault,
} from '../options/rows.js'
import type { OptionContext } from '../options/unknown-options.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { type AuthProviderOptions, providerOptionTable } from '../providers/provider-options.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import type { Store } from '../store/store.js'
import type { SignIn } from './authorization/sign-in.js'
import type { ClientIdMetadataDocumentOptions } from './client-registry/documents/document-options.js'
import type { DynamicRegistrationOptions } from './client-registry/initial-access-token.js'
import type { StaticClient } from './client-registry/static-clients.js'
import type { AllowedRedirectUri } from './clients/allowed-redirect-uris.js'
import { type PageOptions, pageOptionTable } from './pages/pages.js'
import type { RateLimitOptions } from './rate-limit/rate-limit.js'
import { type Lifetimes, lifetimesTable } from './records/lifetimes.js'
import type { GivenSigningKey } from './signing/given-signing-keys.js'
import { type SigningAlgorithm, signingAlgorithmOption } from './signing/signing-key.js'
import type { IsUserAllowed } from './tokens/still-authorized.js'

export interface OAuthProviderOptions<Native = unknown>
  extends AuthProviderOptions,
    PageOptions<Native>,
    RateLimitOptions<Native> {
  /** The public URL under which the application is reached, with its prefix if it has one. */
  readonly baseUrl: string
  /**
   * The issuer, if it is not `baseUrl`. Published and compared byte for byte: changing it, also by a slash, makes
   * every client register and sign in again.
   */
  readonly issuerUrl?: string | undefined
  /** Says who the user is. See {@link SignIn}. */
  readonly signIn: SignIn<Native>
  /** Says whether a user may still have tokens. See {@link IsUserAllowed}. Default: everybody may. */
  readonly isUserAllowed?: IsUserAllowed | undefined
  /** Remembers clients, codes, tokens and keys. `memoryStore()` forgets them when the process ends. */
  readonly store: Store
  /**
   * Starts with a store that says of itself that it is only eventually consistent. Codes and refresh tokens can then be
   * used twice, and revoked tokens come back to life. For demonstrations.
   */
  readonly dangerouslyAllowEventualConsistency?: boolean | undefined
  /** The scopes that clients may ask for. Other scopes in a request are left out. Default: `requiredScopes`. */
  readonly scopesSupported?: readonly string[] | undefined
  /**
   * The scopes that a challenge asks for besides `requiredScopes` when an operation needs nothing more: a client then asks
   * the user for all of them at the first sign-in. For clients that cannot ask for more later. Default: none.
   */
  readonly challengeScopes?: readonly string[] | undefined
  /** What a client gets that asks for no scope, or for unknown scopes alone. Default: `requiredScopes`. */
  readonly defaultScopes?: readonly string[] | undefined
  /** What the consent page says of a scope, for example `{ 'notes:read': 'read your notes' }`. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  /** The resources that tokens are issued for, if their servers are elsewhere. MCP paths are added to them. */
  readonly resources?: readonly string[] | undefined
  /**
   * Whether clients may register themselves (RFC 7591), and whether they need a token for that. Most MCP clients of today
   * need to, and have none. Default: false.
   */
  readonly dynamicRegistration?: boolean | DynamicRegistrationOptions | undefined
  /**
   * Clients whose ids are URLs of their metadata documents, which is how clients of today introduce themselves. `false`
   * switches them off. Default: on where documents can be fetched safely, as on Node; see `ssrfSafeFetch`.
   */
  readonly clientIdMetadataDocuments?: ClientIdMetadataDocumentOptions | false | undefined
  /**
   * Clients that the operator knows: services that get tokens for themselves, applications that the user need not
   * register. Default: none.
   */
  readonly clients?: readonly StaticClient[] | undefined
  /**
   * Lets clients that nobody vouches for register for `client_credentials`: whoever can register can then get tokens
   * without a user, with the scopes that they register for. Default: only `clients` have that grant.
   */
  readonly dangerouslyAllowClientCredentialsForAnyone?: boolean | undefined
  /**
   * Private-use redirect URIs that clients may have, besides those of well-known clients. See {@link AllowedRedirectUri}.
   * https, and http on loopback, are always allowed. Default: none.
   */
  readonly allowedRedirectUris?: readonly AllowedRedirectUri[] | undefined
  /**
   * Whether clients may have the private-use redirect URIs of well-known MCP clients, such as Cursor. Each is one exact
   * URI; `docs/reference/options.md` lists them. Default: true.
   */
  readonly wellKnownRedirectUris?: boolean | undefined
  /**
   * Whether clients that register, or have a document, with `application_type` `web` may have redirect URIs of https
   * websites alone, and no private-use URI or loopback. Default: false, the type is told again and nothing else.
   */
  readonly enforceApplicationType?: boolean | undefined
  /**
   * Seconds for which the secret of a client that registers is valid. Then the client registers again. Default: 0, it
   * does not expire.
   */
  readonly clientSecretLifetime?: number | undefined
  /**
   * Accepts client assertions (`private_key_jwt`) only if the issuer is what they are for, character by character, and
   * not if it is the URL of the token endpoint, which another server can call its own to be sent such an assertion.
   * Default: false, because many clients sign for the token endpoint, as RFC 7523 lets them.
   */
  readonly strictAudience?: boolean | undefined
  /** The status of `invalid_grant`: 401 as FastMCP answers (default), or 400 as RFC 6749 says. */
  readonly invalidGrantStatus?: 400 | 401 | undefined
  /** Paths of endpoints below `baseUrl`, where the application needs the default ones itself. */
  readonly endpoints?: Readonly<Partial<Record<EndpointName, string>>> | undefined
  /**
   * `jwt` (default) is for resource servers that verify tokens by themselves, and says who the user is to whoever holds
   * the token. `opaque` says nothing to anybody: resource servers elsewhere must introspect it. Tokens of before stay
   * good when it becomes `opaque`; when it becomes `jwt`, clients refresh.
   */
  readonly accessTokenFormat?: 'jwt' | 'opaque' | undefined
  /**
   * What new access tokens are signed with. Keys of before go on until they are replaced, as after
   * `lifetimes.signingKey`. Default: `ES256`, which costs a twelfth of `RS256`.
   */
  readonly signingAlgorithm?: SigningAlgorithm | undefined
  /**
   * Keys of your own, instead of those that the server makes and keeps in the store: private JWKs, or what asks a key
   * management service. The first one signs, all are published; public JWKs verify what they signed before.
   *
   * To replace a key, append the next one, and put it first a day later; remove the old one when its last access token
   * has expired.
   */
  readonly signingKeys?: readonly GivenSigningKey[] | undefined
  /** How long things live, in seconds. */
  readonly lifetimes?: Readonly<Partial<Lifetimes>> | undefined
  /**
   * Seconds for which a repeated refresh gets the same new refresh token again, unless that one was used: for clients
   * that refresh in several windows at once, or repeat a request whose answer was lost. Afterwards, repeating it revokes
   * the grant. A thief who is that fast is noticed one refresh later. At most 60; 0 revokes the grant at every repeated
   * use. Default: 30.
   */
  readonly refreshGrace?: number | undefined
  /**
   * Helps clients on SDK v1 to ask the user for more. After a 403 `insufficient_scope` they refresh, which adds no scope,
   * and give up. With `true`, the first refresh within 30 seconds after such a 403 is refused with `server_error`, once in ten
   * minutes for a grant: they then send the user to the authorization endpoint, with the scopes of the 403. Nothing is used up,
   * so a user who declines keeps what they had.
   *
   * Needs a gate of this provider, or of a `MultiAuth` with it: other resource servers cannot tell. Costs a write to the
   * store for each 403, and a read for each refresh. Default: false.
   */
  readonly stepUpOnRefresh?: boolean | undefined
  /**
   * Seconds after which a revocation by another process that shares the store is noticed here. This process's own
   * take effect at once. 0 asks the store at every request. Default: 10.
   */
  readonly revocationLag?: number | undefined
  /**
   * A `fetch` for URLs that clients chose, where the runtime is not Node. By giving it you say that it is safe: that
   * it connects to public addresses only, whatever a name resolves to, or goes out through a proxy that does. It is
   * given `redirect: 'manual'` and a signal; URLs are checked, and time and size limited, before and behind it.
   * Default: our own on Node, none elsewhere.
   */
  readonly ssrfSafeFetch?: Fetch | undefined
  readonly resourceName?: string | undefined
  readonly resourceDocumentation?: string | undefined
  readonly serviceDocumentation?: string | undefined
  readonly now?: Clock | undefined
}

export function oauthProviderOptionTable() {
  return {
    ...providerOptionTable(),
    ...pageOptionTable(),
    baseUrl: required(url()),
    issuerUrl: url(),
    signIn: required(anyFunction()),
    isUserAllowed: anyFunction(),
    store: required(consistentStore()),
    dangerouslyAllowEventualConsistency: flag(),
    scopesSupported: scopeList(),
    challengeScopes: scopeList(),
    defaultScopes: scopeList(),
    scopeDescriptions: option('be an object with a text for each scope', isObject),
    resources: withDefault<readonly string[]>(urlList(), []),
    dynamicRegistration: withDefault<boolean | DynamicRegistrationOptions>(
      option(
        'be true, false or { initialAccessToken }',
        (value) => typeof value === 'boolean' || isObject(value),
      ),
      false,
    ),
    clientIdMetadataDocuments: option(
      'be an object, or false',
      (value) => value === false || isObject(value),
    ),
    clients: withDefault<readonly StaticClient[]>(option('be a list', Array.isArray), []),
    dangerouslyAllowClientCredentialsForAnyone: flag(),
    allowedRedirectUris: withDefault<readonly AllowedRedirectUri[]>(option('be a list', Array.isArray), []),
    wellKnownRedirectUris: withDefault(oneOf(true, false), true),
    enforceApplicationType: flag(),
    clientSecretLifetime: withDefault(
      option(
        'be a whole number of seconds, or 0 for secrets that do not expire',
        (value) => Number.isSafeInteger(value) && Number(value) >= 0,
      ),
      0,
    ),
    strictAudience: flag(),
    invalidGrantStatus: withDefault<400 | 401>(oneOf(400, 401), 401),
    endpoints: endpointsOption(),
    accessTokenFormat: withDefault<'jwt' | 'opaque'>(oneOf('jwt', 'opaque'), 'jwt'),
    signingAlgorithm: signingAlgorithmOption(),
    signingKeys: option('be a list of keys', (value) => Array.isArray(value) && value.length > 0),
    lifetimes: membersWithDefaults(lifetimesTable()),
    refreshGrace: withDefault(
      option(
        `be a whole number of seconds, ${longestRefreshGrace} at most`,
        (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= longestRefreshGrace,
      ),
      30,
    ),
    stepUpOnRefresh: flag(),
    revocationLag: withDefault(
      option('be a number of seconds, 0 or more', (value) => Number.isFinite(value) && Number(value) >= 0),
      10,
    ),
    rateLimit: functionOrFalse(),
    clientAddress: anyFunction(),
    ssrfSafeFetch: anyFunction(),
    resourceName: text(),
    resourceDocumentation: text(),
    serviceDocumentation: text(),
    now: withDefault(anyFunction(), systemClock),
  } satisfies OptionTable<OAuthProviderOptions>
}

/** Long enough for a client to repeat a request, too short for anything else. */
const longestRefreshGrace = 60

function consistentStore(): Option<never> {
  return {
    problem(value, given) {
      const { compareAndSwap, consistency }: Partial<Store> = Object(value)
      if (typeof compareAndSwap !== 'function') return 'be a Store'
      const isAllowed = Reflect.get(given, 'dangerouslyAllowEventualConsistency') === true
      return consistency === 'eventual' && !isAllowed
        ? 'be consistent. This one is only eventually consistent: codes could be redeemed twice'
        : undefined
    },
  }
}

function endpointsOption() {
  const path = option('be a path of letters, digits and -._~', (value) =>
    /^\/?[\w\-.~][\w\-.~/]*$/.test(String(value)),
  )
  return membersWithDefaults(mapEndpoints((name) => withDefault<string>(path, name)))
}

/** What to do about names that were options once. */
const remedies = { allowedRedirectSchemes: 'List the redirect URIs in "allowedRedirectUris".' }

/** The options of an `OAuthProvider`, with their defaults. */
export type CheckedProviderOptions<Native> = ReturnType<typeof checkedProviderOptions<Native>>

/**
 * Does **not** check what options contain that have rules of their own, such as clients, signing keys and redirect URIs.
 *
 * @throws `TypeError` for invalid and unknown options.
 */
export function checkedProviderOptions<Native>(
  options: OAuthProviderOptions<Native>,
  context: Pick<OptionContext, 'isSubclass'>,
) {
  return checkedOptions('OAuthProvider', options, oauthProviderOptionTable(), { remedies, ...context })
}
