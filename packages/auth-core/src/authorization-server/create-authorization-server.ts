import type { EventListener } from '../events/auth-event.js'
import { checkGrantableScopes } from '../gate/refusals/grantable-scopes.js'
import { type EndpointName, endpointNames, mapEndpoints } from '../oauth/endpoint-names.js'
import { joinUrl, urlPath } from '../options/url.js'
import { VerifiedTokens } from '../token-verification/verified-tokens.js'
import type { SignIn } from './authorization/sign-in.js'
import { ClientKeys } from './client-authentication/client-jwks-source.js'
import { openClientDocuments } from './client-registry/documents/document-options.js'
import { safeFetch } from './client-registry/documents/safe-fetch.js'
import { createFindClient } from './client-registry/find-client.js'
import { checkDynamicRegistration } from './client-registry/initial-access-token.js'
import { staticClients } from './client-registry/static-clients.js'
import { checkedRedirectUris } from './clients/allowed-redirect-uris.js'
import { permittedGrantTypes } from './clients/permitted-grant-types.js'
import type { RedirectUriRules } from './clients/redirect-uri-rules.js'
import type { CheckedProviderOptions } from './options.js'
import { openPages } from './pages/pages.js'
import { memoryRateLimit } from './rate-limit/memory-rate-limit.js'
import type { ClientAddress } from './rate-limit/rate-limit.js'
import { openRecords } from './records/records.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import { openSigningKeys } from './signing/open-signing-keys.js'
import { RecentRevocations } from './tokens/recent-revocations.js'
import { StepUps } from './tokens/step-ups.js'
import type { CachedAccessToken } from './tokens/verify-access-token.js'

/**
 * Checks which options of an `OAuthProvider` fit together, and opens what it remembers.
 *
 * @throws `TypeError`, naming the option.
 */
export function createAuthorizationServer<Native>(
  options: CheckedProviderOptions<Native>,
  baseUrl: string,
  emit: EventListener,
  resources: () => readonly string[],
): AuthorizationServer {
  const {
    dangerouslyAllowInsecureUrls: allowInsecure,
    issuerUrl: issuer = baseUrl,
    store,
    requiredScopes,
    lifetimes,
    revocationLag,
    now,
    dynamicRegistration,
    rateLimit = memoryRateLimit({ now }),
  } = options
  const scopesSupported = distinct([...requiredScopes, ...(options.scopesSupported ?? [])])
  const defaultScopes = distinct(options.defaultScopes ?? requiredScopes)
  const supported = { grantableScopes: scopesSupported }
  checkGrantableScopes(supported, defaultScopes, 'OAuthProvider: "defaultScopes" names')
  const described = Object.keys(options.scopeDescriptions ?? {})
  checkGrantableScopes(supported, described, 'OAuthProvider: "scopeDescriptions" describes')
  const records = openRecords(store, issuer, now, emit)
  const verifiedTokens = new VerifiedTokens<CachedAccessToken>()
  const onKeyGone = () => verifiedTokens.clear()
  const redirectUris = redirectUriRules(options)
  const grantTypes = permittedGrantTypes(options.dangerouslyAllowClientCredentialsForAnyone)
  const clients = {
    staticClients: staticClients(options.clients, {
      scopesSupported,
      redirectUris: redirectUris.configuration,
      grantTypes: grantTypes.configuration,
      allowInsecure,
    }),
    grantTypes,
  }
  const paths = endpointPaths(baseUrl, options.endpoints)
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
  checkDynamicRegistration(dynamicRegistration)
  // An operator who turns the limits off has other limits.
  if (dynamicRegistration === true && rateLimit !== false && options.clientAddress === undefined) {
    emit({
      type: 'registration.open',
      hint: 'Set "clientAddress", or "dynamicRegistration.initialAccessToken".',
    })
  }
  return Object.freeze({
    issuer,
    pages: openPages(options, new URL(baseUrl).host),
    paths,
    urls: mapEndpoints((name) => new URL(paths[name], baseUrl).href),
    ...shared,
    defaultScopes,
    scopeDescriptions: { ...options.scopeDescriptions },
    dynamicRegistration,
    serviceDocumentation: options.serviceDocumentation,
    clientSecretLifetime: options.clientSecretLifetime,
    invalidGrantStatus: options.invalidGrantStatus,
    refreshGrace: options.refreshGrace,
    stepUps: options.stepUpOnRefresh ? new StepUps(records.stepUps, now) : undefined,
    accessTokenFormat: options.accessTokenFormat,
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
    strictAudience: options.strictAudience,
  })
}

const documentsOffHint =
  'Give "ssrfSafeFetch", or set "clientIdMetadataDocuments" to false. On Deno, allow what "cause" names, or update Deno.'

function endpointPaths(
  baseUrl: string,
  configured: Readonly<Record<EndpointName, string>>,
): Record<EndpointName, string> {
  const paths = mapEndpoints((name) => joinUrl(urlPath(baseUrl), configured[name]).replace(/^(?!\/)/, '/'))
  if (new Set(Object.values(paths)).size < endpointNames.length) {
    throw new TypeError('OAuthProvider: "endpoints" must name a path of its own for each endpoint.')
  }
  return paths
}

function distinct(scopes: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(scopes)])
}

/**
 * Redirect URIs of `clients` are written by the operator, so they may be private-use, or http on a private network.
 * Those of all other clients must be listed, https, or on loopback.
 */
function redirectUriRules(
  options: Pick<
    CheckedProviderOptions<unknown>,
    | 'allowedRedirectUris'
    | 'wellKnownRedirectUris'
    | 'dangerouslyAllowInsecureUrls'
    | 'enforceApplicationType'
  >,
): AuthorizationServer['redirectUris'] {
  const unapproved: RedirectUriRules = {
    privateUse: checkedRedirectUris(options),
    http: 'loopback',
    enforceApplicationType: options.enforceApplicationType,
  }
  return {
    configuration: {
      privateUse: 'any',
      http: options.dangerouslyAllowInsecureUrls ? 'any' : 'private-network',
      enforceApplicationType: false,
    },
    registration: unapproved,
    document: unapproved,
  }
}
