import type { EventListener } from '../events/auth-event.js'
import { checkGrantableScopes } from '../gate/refusals/grantable-scopes.js'
import { type EndpointName, endpointNames } from '../oauth/endpoint-names.js'
import { checkedScopes } from '../oauth/scope.js'
import { refuseUnknownOptions } from '../options/unknown-options.js'
import { checkedUrl, joinUrl, urlPath } from '../options/url.js'
import { systemClock } from '../runtime/clock.js'
import { VerifiedTokens } from '../token-verification/verified-tokens.js'
import type { SignIn } from './authorization/sign-in.js'
import { ClientKeys } from './client-authentication/client-jwks-source.js'
import { openClientDocuments } from './client-registry/documents/document-options.js'
import { safeFetch } from './client-registry/documents/safe-fetch.js'
import { createFindClient } from './client-registry/find-client.js'
import { checkedDynamicRegistration } from './client-registry/initial-access-token.js'
import { staticClients } from './client-registry/static-clients.js'
import { checkedRedirectUris } from './clients/allowed-redirect-uris.js'
import { permittedGrantTypes } from './clients/grant-types.js'
import type { RedirectUriRules } from './clients/redirect-uri-rules.js'
import type { OAuthProviderOptions } from './options.js'
import { checkedPages } from './pages/pages.js'
import { memoryRateLimit } from './rate-limit/memory-rate-limit.js'
import type { ClientAddress } from './rate-limit/rate-limit.js'
import { checkedLifetimes } from './records/lifetimes.js'
import { openRecords } from './records/records.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import { openSigningKeys } from './signing/open-signing-keys.js'
import { RecentRevocations } from './tokens/recent-revocations.js'
import { StepUps } from './tokens/step-ups.js'
import type { CachedAccessToken } from './tokens/verify-access-token.js'

/** Long enough for a client to repeat a request, too short for anything else. */
const longestRefreshGrace = 60

/**
 * Checks the options of an `OAuthProvider`, and opens what it remembers.
 *
 * @throws `TypeError`, naming the option.
 */
export function createAuthorizationServer<Native>(
  options: OAuthProviderOptions<Native>,
  baseUrl: string,
  emit: EventListener,
  resources: () => readonly string[],
): AuthorizationServer {
  const allowInsecure = options.dangerouslyAllowInsecureUrls ?? false
  const { invalidGrantStatus = 401, revocationLag = 10, refreshGrace = 30, now = systemClock } = options
  const { accessTokenFormat = 'jwt', strictAudience = false, clientSecretLifetime = 0 } = options
  const { stepUpOnRefresh = false } = options
  if (!(Number.isFinite(revocationLag) && revocationLag >= 0))
    throw new TypeError('"revocationLag" must be a number of seconds, 0 or more')
  if (!(Number.isInteger(refreshGrace) && refreshGrace >= 0 && refreshGrace <= longestRefreshGrace)) {
    throw new TypeError(`"refreshGrace" must be a whole number of seconds, ${longestRefreshGrace} at most`)
  }
  if (!(Number.isSafeInteger(clientSecretLifetime) && clientSecretLifetime >= 0)) {
    throw new TypeError(
      '"clientSecretLifetime" must be a whole number of seconds, or 0 for secrets that do not expire',
    )
  }
  if (accessTokenFormat !== 'jwt' && accessTokenFormat !== 'opaque')
    throw new TypeError('"accessTokenFormat" must be "jwt" or "opaque"')
  if (typeof options.signIn !== 'function') throw new TypeError('"signIn" must be a function')
  if (typeof strictAudience !== 'boolean') throw new TypeError('"strictAudience" must be true or false')
  if (typeof stepUpOnRefresh !== 'boolean') throw new TypeError('"stepUpOnRefresh" must be true or false')
  if (options.isUserAllowed !== undefined && typeof options.isUserAllowed !== 'function')
    throw new TypeError('"isUserAllowed" must be a function')
  if (typeof options.store?.compareAndSwap !== 'function') throw new TypeError('"store" must be a Store')
  if (options.store.consistency === 'eventual' && options.dangerouslyAllowEventualConsistency !== true) {
    throw new TypeError('"store" is only eventually consistent: codes could be redeemed twice')
  }
  if (options.ssrfSafeFetch !== undefined && typeof options.ssrfSafeFetch !== 'function') {
    throw new TypeError('"ssrfSafeFetch" must be a function')
  }
  if (invalidGrantStatus !== 400 && invalidGrantStatus !== 401) {
    throw new TypeError('"invalidGrantStatus" must be 400 or 401')
  }
  for (const resource of options.resources ?? []) checkedUrl('resources', resource, { allowInsecure })

  const requiredScopes = checkedScopes('requiredScopes', options.requiredScopes)
  const scopesSupported =
    options.scopesSupported === undefined
      ? requiredScopes
      : checkedScopes('scopesSupported', [...requiredScopes, ...options.scopesSupported])
  const defaultScopes =
    options.defaultScopes === undefined
      ? requiredScopes
      : checkedScopes('defaultScopes', options.defaultScopes)
  const supported = { grantableScopes: scopesSupported }
  checkGrantableScopes(supported, defaultScopes, 'OAuthProvider: "defaultScopes" names')
  const described = Object.keys(options.scopeDescriptions ?? {})
  checkGrantableScopes(supported, described, 'OAuthProvider: "scopeDescriptions" describes')
  const issuer = checkedUrl('issuerUrl', options.issuerUrl ?? baseUrl, { allowInsecure })
  const { rateLimit = memoryRateLimit({ now }) } = options
  if (rateLimit !== false && typeof rateLimit !== 'function') {
    throw new TypeError('"rateLimit" must be a function, or false')
  }
  if (options.clientAddress !== undefined && typeof options.clientAddress !== 'function') {
    throw new TypeError('"clientAddress" must be a function')
  }
  const records = openRecords(options.store, issuer, now, emit)
  const lifetimes = checkedLifetimes(options.lifetimes ?? {})
  const verifiedTokens = new VerifiedTokens<CachedAccessToken>()
  const onKeyGone = () => verifiedTokens.clear()
  const redirectUris = redirectUriRules(options)
  const grantTypes = permittedGrantTypes(options.dangerouslyAllowClientCredentialsForAnyone === true)
  const clients = {
    staticClients: staticClients(options.clients ?? [], {
      scopesSupported,
      redirectUris: redirectUris.configuration,
      grantTypes: grantTypes.configuration,
      allowInsecure,
    }),
    grantTypes,
  }
  const paths = endpointPaths(baseUrl, options.endpoints ?? {})
  const safe = safeFetch(options.ssrfSafeFetch)
  const shared = {
    scopesSupported,
    redirectUris,
    ...clients,
    lifetimes,
    records,
    fetchPublic: safe.fetch,
    now,
    emit,
  }
  const clientDocuments = openClientDocuments(options.clientIdMetadataDocuments, {
    ...shared,
    whyNot: safe.whyNot,
  })
  if (clientDocuments === undefined && options.clientIdMetadataDocuments !== false) {
    emit({ type: 'documents.off', cause: safe.whyNot, hint: documentsOffHint })
  }
  const dynamicRegistration = checkedDynamicRegistration(options.dynamicRegistration)
  // Whoever switches the limits off has something else that limits.
  if (dynamicRegistration === true && rateLimit !== false && options.clientAddress === undefined) {
    emit({
      type: 'registration.open',
      hint: 'Set "clientAddress", or "dynamicRegistration.initialAccessToken".',
    })
  }
  return Object.freeze({
    issuer,
    pages: checkedPages(options, { host: new URL(baseUrl).host, allowInsecure }),
    paths,
    urls: mapEndpoints((name) => new URL(paths[name], baseUrl).href),
    ...shared,
    defaultScopes,
    scopeDescriptions: { ...options.scopeDescriptions },
    dynamicRegistration,
    serviceDocumentation: options.serviceDocumentation,
    clientSecretLifetime,
    invalidGrantStatus,
    refreshGrace,
    stepUps: stepUpOnRefresh ? new StepUps(records.stepUps, now) : undefined,
    accessTokenFormat,
    signingKeys: openSigningKeys(options, { records, lifetimes, revocationLag, onKeyGone, now, emit }),
    verifiedTokens,
    recentRevocations: new RecentRevocations(revocationLag, now),
    revocationLag,
    signIn: options.signIn as SignIn,
    isUserAllowed: options.isUserAllowed,
    rateLimit: rateLimit === false ? undefined : rateLimit,
    clientAddress: options.clientAddress as ClientAddress | undefined,
    resources,
    findClient: createFindClient({ ...clients, records, clientDocuments, lifetimes }),
    clientDocuments,
    clientKeys: new ClientKeys(shared),
    strictAudience,
  })
}

const documentsOffHint =
  'Give "ssrfSafeFetch", or set "clientIdMetadataDocuments" to false. On Deno, allow what "cause" names, or update Deno.'

function endpointPaths(
  baseUrl: string,
  configured: Readonly<Partial<Record<EndpointName, string>>>,
): Record<EndpointName, string> {
  refuseUnknownOptions(
    'OAuthProvider',
    configured,
    mapEndpoints(() => true),
    { path: 'endpoints.' },
  )
  for (const name of endpointNames) {
    if (!/^\/?[\w\-.~][\w\-.~/]*$/.test(configured[name] ?? name)) {
      throw new TypeError(`"endpoints.${name}" must be a path of letters, digits and -._~`)
    }
  }
  const paths = mapEndpoints((name) =>
    joinUrl(urlPath(baseUrl), configured[name] ?? name).replace(/^(?!\/)/, '/'),
  )
  if (new Set(Object.values(paths)).size < endpointNames.length) {
    throw new TypeError('"endpoints" must name a path of its own for each endpoint')
  }
  return paths
}

function mapEndpoints<Value>(value: (name: EndpointName) => Value): Record<EndpointName, Value> {
  return Object.fromEntries(endpointNames.map((name) => [name, value(name)])) as Record<EndpointName, Value>
}

/**
 * The operator vouches for each redirect URI of `clients`, so any private-use one may be among them, and http on a private
 * network. Everybody else keeps to the lists.
 */
function redirectUriRules({
  dangerouslyAllowInsecureUrls: allowInsecure = false,
  enforceApplicationType = false,
  ...options
}: Pick<
  OAuthProviderOptions,
  'allowedRedirectUris' | 'wellKnownRedirectUris' | 'dangerouslyAllowInsecureUrls' | 'enforceApplicationType'
>): AuthorizationServer['redirectUris'] {
  if (typeof enforceApplicationType !== 'boolean') {
    throw new TypeError('"enforceApplicationType" must be true or false')
  }
  const strangers: RedirectUriRules = {
    privateUse: checkedRedirectUris(options),
    http: 'loopback',
    enforceApplicationType,
  }
  return {
    configuration: {
      privateUse: 'any',
      http: allowInsecure ? 'any' : 'private-network',
      enforceApplicationType: false,
    },
    registration: strangers,
    document: strangers,
  }
}
