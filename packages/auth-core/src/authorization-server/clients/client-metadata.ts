import * as z from 'zod/mini'
import { OAuthError } from '../../oauth/oauth-error.js'
import type { Fetch } from '../../outbound/fetch-json.js'
import { publicUrlProblem } from '../../outbound/public-url.js'
import { asymmetricAlgorithms } from '../../token-verification/jwt/algorithms.js'
import {
  fewestRsaBits,
  isLargeRsaKey,
  isShortRsaKey,
  mostExponentBits,
  mostRsaBits,
} from '../../token-verification/jwt/rsa-key.js'
import { clientAuthenticationMethods } from './authentication-methods.js'
import type { ClientOrigin, OAuthClient } from './client.js'
import { applicationTypes } from './client-metadata-members.js'
import { clientJwksSchema } from './jwks-metadata.js'
import type { PermittedGrantTypes } from './permitted-grant-types.js'
import { type RedirectUriRules, redirectUriProblem } from './redirect-uri-rules.js'
import { refusedRedirectUri } from './refused-redirect-uri.js'

const text = z.string().check(z.maxLength(2048))
const names = z.array(text).check(z.maxLength(10))

/**
 * A name for people to read, without characters that hide or reverse the following text, and without runs of blanks. A name
 * without visible characters is left out.
 */
const displayName = z.pipe(
  z.string().check(z.maxLength(200)),
  z.transform((value: string) => {
    // U+2800 is a Braille pattern without dots.
    const shown = value
      .replaceAll(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
      .replaceAll(/[\s\u2800]+/g, ' ')
      .trim()
    return /[^\s\p{M}]/u.test(shown) ? shown : undefined
  }),
)

const link = text.check(z.refine(isWebUrl))

/** The supported metadata (RFC 7591 section 2). Other members are ignored and not stored. */
const clientMetadataSchema = z.object({
  // The length of each is checked with the redirect URI rules, which have their own error code.
  redirect_uris: z.optional(z.array(z.string()).check(z.maxLength(20))),
  token_endpoint_auth_method: z.optional(text),
  token_endpoint_auth_signing_alg: z.optional(z.enum(asymmetricAlgorithms)),
  jwks: z.optional(clientJwksSchema),
  jwks_uri: z.optional(text),
  grant_types: z.optional(names),
  response_types: z.optional(names),
  client_name: z.optional(displayName),
  client_uri: z.optional(link),
  logo_uri: z.optional(link),
  tos_uri: z.optional(link),
  policy_uri: z.optional(link),
  contacts: z.optional(names),
  scope: z.optional(text),
  software_id: z.optional(text),
  software_version: z.optional(text),
  dpop_bound_access_tokens: z.optional(z.boolean()),
  application_type: z.optional(z.enum(applicationTypes)),
})

/** The supported members. */
export const clientMetadataMembers: readonly string[] = Object.keys(clientMetadataSchema.shape)

/** Client metadata that has been checked, with its defaults. */
export type ClientMetadata = Omit<
  OAuthClient,
  'client_id' | 'client_id_issued_at' | 'client_secret_expires_at'
>

/** The values that client metadata may have. */
export interface ClientMetadataPolicy {
  readonly scopesSupported: readonly string[]
  readonly redirectUris: RedirectUriRules
  readonly grantTypes: readonly string[]
  /** Throws if keys must not be fetched from there. */
  readonly checkJwksUri: (uri: string) => void
}

/** What clients may ask for at this server. An `AuthorizationServer` is one. */
export interface MetadataLimits {
  readonly scopesSupported: readonly string[]
  readonly redirectUris: Readonly<Record<ClientOrigin, RedirectUriRules>>
  readonly grantTypes: PermittedGrantTypes
  /** For URLs that a client chose. `undefined` where nothing can be fetched from those safely. */
  readonly fetchPublic: Fetch | undefined
}

/** Returns the policy for metadata that clients assert about themselves. It may be malicious. */
export function selfAssertedPolicy(
  server: MetadataLimits,
  origin: 'registration' | 'document',
): ClientMetadataPolicy {
  const { scopesSupported, redirectUris, grantTypes, fetchPublic } = server
  return {
    scopesSupported,
    redirectUris: redirectUris[origin],
    grantTypes: grantTypes[origin],
    // The client decides where this server sends requests.
    checkJwksUri(uri) {
      if (fetchPublic === undefined) throw invalidMetadata('jwks_uri is not supported: give jwks')
      if (publicUrlProblem(uri) !== undefined)
        throw invalidMetadata('jwks_uri must be an https URL of a public host')
    },
  }
}

/**
 * Checks client metadata and fills in defaults.
 *
 * @throws `invalid_redirect_uri` or `invalid_client_metadata`, naming the member.
 * @see [RFC 7591 section 3.2.2](https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.2)
 */
export function checkClientMetadata(document: unknown, policy: ClientMetadataPolicy): ClientMetadata {
  const parsed = z.safeParse(clientMetadataSchema, document)
  if (!parsed.success) throw invalidMetadata(problemOf(parsed.error.issues))
  const { redirect_uris, grant_types, response_types, token_endpoint_auth_method, scope, ...others } =
    parsed.data
  const { dpop_bound_access_tokens: needsBoundTokens = false, ...rest } = others

  const grantTypesOfClient = [...new Set(grant_types ?? ['authorization_code'])]
  const usesCode = grantTypesOfClient.includes('authorization_code')
  const responseTypes = [...new Set(response_types ?? (usesCode ? ['code'] : []))]
  const method = token_endpoint_auth_method ?? 'client_secret_basic'
  if (!grantTypesOfClient.every((type) => policy.grantTypes.includes(type))) {
    throw invalidMetadata(`grant_types must be among ${policy.grantTypes.join(', ')}`)
  }
  if (!responseTypes.every((type) => type === 'code')) {
    throw invalidMetadata('response_types must be code')
  }
  if (usesCode !== responseTypes.includes('code')) {
    throw invalidMetadata('grant_types and response_types do not match')
  }
  if (!(clientAuthenticationMethods as readonly string[]).includes(method)) {
    throw invalidMetadata(
      `token_endpoint_auth_method must be one of ${clientAuthenticationMethods.join(', ')}`,
    )
  }
  // Dropping it would give the client bearer tokens, which it does not want (RFC 9449 section 5.2).
  if (needsBoundTokens) throw invalidMetadata('dpop_bound_access_tokens is not supported')
  checkKeys(method, rest, policy)
  if (method === 'none' && grantTypesOfClient.includes('client_credentials')) {
    throw invalidMetadata('client_credentials needs client authentication')
  }
  return {
    ...definedOnly({ ...rest, scope: knownScope(scope, policy.scopesSupported) }),
    redirect_uris: checkRedirectUris(redirect_uris ?? [], usesCode, policy, rest.application_type),
    grant_types: grantTypesOfClient,
    response_types: responseTypes,
    token_endpoint_auth_method: method,
  }
}

/** Checks that keys are in one place, and are present if the client authenticates with them (RFC 7591 section 2). */
function checkKeys(
  method: string,
  { jwks, jwks_uri }: Pick<ClientMetadata, 'jwks' | 'jwks_uri'>,
  policy: ClientMetadataPolicy,
): void {
  if (jwks !== undefined && jwks_uri !== undefined) {
    throw invalidMetadata('jwks and jwks_uri exclude each other')
  }
  if (method === 'private_key_jwt' && jwks === undefined && jwks_uri === undefined) {
    throw invalidMetadata('private_key_jwt needs jwks or jwks_uri')
  }
  if (jwks?.keys.some(isShortRsaKey) === true) {
    throw invalidMetadata(`jwks has an RSA key of less than ${fewestRsaBits} bits`)
  }
  if (jwks?.keys.some(isLargeRsaKey) === true) {
    throw invalidMetadata(
      `jwks has an RSA key of more than ${mostRsaBits} bits, or an exponent of more than ${mostExponentBits}`,
    )
  }
  if (jwks_uri !== undefined) policy.checkJwksUri(jwks_uri)
}

function checkRedirectUris(
  uris: readonly string[],
  areNeeded: boolean,
  { redirectUris }: ClientMetadataPolicy,
  applicationType: string | undefined,
): string[] {
  if (areNeeded && uris.length === 0) {
    throw new OAuthError('invalid_redirect_uri', 'redirect_uris is missing.')
  }
  for (const [index, uri] of uris.entries()) {
    const problem = redirectUriProblem(uri, redirectUris, applicationType)
    if (problem !== undefined) throw refusedRedirectUri('invalid_redirect_uri', problem, { uri, index })
  }
  return [...new Set(uris)]
}

/** The supported scopes among those that the client registers for. The response contains them. */
function knownScope(scope: string | undefined, supported: readonly string[]): string | undefined {
  const known = (scope ?? '').split(' ').filter((one) => supported.includes(one))
  return known.length === 0 ? undefined : [...new Set(known)].join(' ')
}

function isWebUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

function definedOnly<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

/** Names the member, but not its value, which the client chose. */
function problemOf(issues: readonly { readonly path: readonly PropertyKey[] }[]): string {
  const member = issues[0]?.path[0]
  return typeof member === 'string' ? `${member} is malformed` : 'The client metadata is not a JSON object'
}

function invalidMetadata(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', `${description}.`)
}
