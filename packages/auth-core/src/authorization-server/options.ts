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

/** The options of `OAuthProvider`. */
export interface OAuthProviderOptions<Native = unknown>
  extends AuthProviderOptions,
    PageOptions<Native>,
    RateLimitOptions<Native> {
  /** The public URL of the application, including its path prefix. */
  readonly baseUrl: string
  /**
   * The issuer identifier. Default: `baseUrl`. Clients compare it byte for byte: after any change, even of a trailing
   * slash, every client registers and every user signs in again.
   */
  readonly issuerUrl?: string | undefined
  /** Returns the signed-in user. See {@link SignIn}. */
  readonly signIn: SignIn<Native>
  /** Returns whether a user may still have tokens. See {@link IsUserAllowed}. Default: all users. */
  readonly isUserAllowed?: IsUserAllowed | undefined
  /** Keeps clients, grants, tokens and keys. `memoryStore()` loses everything on restart. */
  readonly store: Store
  /**
   * Starts with a store whose `consistency` is `eventual`. Codes and refresh tokens can then be used twice, and revoked
   * tokens can become valid again. For demonstrations. Default: false.
   */
  readonly dangerouslyAllowEventualConsistency?: boolean | undefined
  /**
   * The scopes that clients may request, in addition to `requiredScopes`. Other requested scopes are ignored. Default:
   * `requiredScopes`.
   */
  readonly scopesSupported?: readonly string[] | undefined
  /**
   * The scopes that a challenge requests in addition to `requiredScopes`, when the operation needs no others. The user
   * then grants all of them at the first sign-in. For clients that cannot request more later. Default: none.
   */
  readonly challengeScopes?: readonly string[] | undefined
  /** The scopes of a client that requests none, or only unknown ones. Default: `requiredScopes`. */
  readonly defaultScopes?: readonly string[] | undefined
  /** The text of scopes on the consent page, for example `{ 'notes:read': 'read your notes' }`. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  /** The resources on other servers that this server issues tokens for. Those at MCP paths are added. Default: none. */
  readonly resources?: readonly string[] | undefined
  /**
   * Whether clients may register (RFC 7591), with or without an initial access token. Most MCP clients need to
   * register, and have no such token. Default: false.
   */
  readonly dynamicRegistration?: boolean | DynamicRegistrationOptions | undefined
  /**
   * Accepts clients whose ID is the URL of a metadata document. `false` turns them off. Default: on where documents can
   * be fetched safely, as on Node. See `ssrfSafeFetch`.
   */
  readonly clientIdMetadataDocuments?: ClientIdMetadataDocumentOptions | false | undefined
  /**
   * Clients that the operator configures: services that get tokens for themselves, and applications that then need not
   * register. Default: none.
   */
  readonly clients?: readonly StaticClient[] | undefined
  /**
   * Lets clients that are not in `clients` have the `client_credentials` grant. Anyone who can register then gets
   * tokens without a user, with the scopes of the registration. Default: false.
   */
  readonly dangerouslyAllowClientCredentialsForAnyone?: boolean | undefined
  /**
   * Private-use redirect URIs that clients may have, besides those of well-known clients. See {@link
   * AllowedRedirectUri}. https, and http on loopback, are always allowed. Default: none.
   */
  readonly allowedRedirectUris?: readonly AllowedRedirectUri[] | undefined
  /**
   * Whether clients may have the private-use redirect URIs of well-known MCP clients, such as Cursor. Each is one exact
   * URI. `docs/reference/options.md` lists them. Default: true.
   */
  readonly wellKnownRedirectUris?: boolean | undefined
  /**
   * Whether clients with `application_type` `web` may have only https redirect URIs that are not on loopback. Does
   * **not** apply to `clients`. Default: false. The type then has no effect.
   */
  readonly enforceApplicationType?: boolean | undefined
  /**
   * Seconds for which the secret of a registered client is valid. Afterwards the client must register again. Default:
   * 0, which means that secrets do not expire.
   */
  readonly clientSecretLifetime?: number | undefined
  /**
   * Whether a client assertion (`private_key_jwt`) must name the issuer as its only audience, character by character.
   * Otherwise the URL of the token endpoint is accepted, too: many clients sign for it, as RFC 7523 allows. Another
   * server can publish that URL as its own, and is then sent assertions for it. Default: false.
   */
  readonly strictAudience?: boolean | undefined
  /** The HTTP status of `invalid_grant`: 401 as in FastMCP (default), or 400 as in RFC 6749. */
  readonly invalidGrantStatus?: 400 | 401 | undefined
  /** Paths of endpoints below `baseUrl`, by endpoint name. Default: the names. */
  readonly endpoints?: Readonly<Partial<Record<EndpointName, string>>> | undefined
  /**
   * `jwt` (default): resource servers verify tokens themselves, and anyone who holds a token can read who the user is.
   * `opaque`: tokens reveal nothing, and resource servers elsewhere must introspect them.
   *
   * After a change to `opaque`, earlier tokens stay valid. After a change to `jwt`, clients refresh.
   */
  readonly accessTokenFormat?: 'jwt' | 'opaque' | undefined
  /**
   * The algorithm of keys that the server generates. A key in use signs until it is replaced: see
   * `lifetimes.signingKey`. Default: `ES256`, which costs a twelfth of `RS256`.
   */
  readonly signingAlgorithm?: SigningAlgorithm | undefined
  /**
   * Your own keys, instead of generated keys in the store: private JWKs, or functions of a key management service. The
   * first key signs, and all of them are published. A public JWK verifies what it signed earlier.
   *
   * To replace a key, append the next one, and move it to the front a day later. Remove the old key when its last
   * access token has expired.
   */
  readonly signingKeys?: readonly GivenSigningKey[] | undefined
  /** How long tokens, codes, registrations and keys live, in seconds. */
  readonly lifetimes?: Readonly<Partial<Lifetimes>> | undefined
  /**
   * Seconds in which a repeated refresh returns the same new refresh token, unless that one was used. For clients that
   * refresh in several windows at once, or repeat a request whose response was lost. Afterwards, repeating it revokes
   * the grant. A thief who is that fast is detected one refresh later.
   *
   * At most 60. 0 revokes the grant at every repeated use. Default: 30.
   */
  readonly refreshGrace?: number | undefined
  /**
   * Lets clients on SDK v1 ask the user for more scopes. After a 403 `insufficient_scope` they refresh, which adds no
   * scope, and give up. With `true`, the first refresh within 30 seconds after such a 403 is refused with
   * `server_error`, at most once in ten minutes for a grant. The client then sends the user to the authorization
   * endpoint, with the scopes of the 403. Nothing is consumed, so a user who declines keeps the current tokens.
   *
   * Needs the gate of this provider, or of a `MultiAuth` with it: other resource servers cannot report the 403. Costs a
   * write to the store for each 403, and a read for each refresh. Default: false.
   */
  readonly stepUpOnRefresh?: boolean | undefined
  /**
   * The most seconds until this process honors a revocation by another process that shares the store. Its own
   * revocations apply at once. 0 reads the store on every request. Default: 10.
   */
  readonly revocationLag?: number | undefined
  /**
   * The `fetch` for URLs that clients name. It must connect to public addresses only, whatever a host name resolves to,
   * or use a proxy that does. Tollgate does **not** check that. It checks the URL, passes `redirect: 'manual'` and a
   * signal, and limits time and size. Default: built in on Node, Bun and Deno, otherwise none.
   */
  readonly ssrfSafeFetch?: Fetch | undefined
  /** The name of the MCP server in resource metadata. Default: none. */
  readonly resourceName?: string | undefined
  /** The URL of the MCP server's documentation, in resource metadata. Default: none. */
  readonly resourceDocumentation?: string | undefined
  /** The URL of the authorization server's documentation, in its metadata. Default: none. */
  readonly serviceDocumentation?: string | undefined
  /** Returns the time in seconds since the epoch. For tests. Default: the system clock. */
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

/** The remedies for names that are no longer options. */
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
