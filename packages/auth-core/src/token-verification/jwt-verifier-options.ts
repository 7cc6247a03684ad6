import type { Option, OptionTable } from '../options/option-table.js'
import {
  anyFunction,
  clockTolerance,
  flag,
  oneOf,
  seconds,
  textList,
  urlWithQuery,
  withDefault,
} from '../options/rows.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { providerOptionTable } from '../providers/provider-options.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { type IssuerOfClaims, issuerOption, tenantsOption } from './jwt/accepted-issuers.js'
import { asymmetricAlgorithms, hmacAlgorithms } from './jwt/algorithms.js'
import { type Recipient, recipientOption } from './jwt/audience.js'
import { type ClaimMapping, claimSourceOption } from './jwt/claim-mapping.js'
import { type ClaimsSchema, claimsSchemaOption } from './jwt/claims-schema.js'
import { type JWTVerifierKeys, jwksOption, publicKeyOption, secretOption } from './keys/given-keys.js'
import type { TokenVerifierOptions } from './token-verifier.js'

/** Options of `JWTVerifier`. */
export type JWTVerifierOptions<Claims extends object = Record<string, unknown>> = TokenVerifierOptions &
  JWTVerifierKeys &
  ClaimMapping & {
    /**
     * The exact `iss` of accepted tokens. A list shares one set of keys, so each issuer can sign for the others: for issuers
     * that do not trust each other, use `MultiAuth`.
     *
     * With the placeholder `{tenantid}` (Entra ID), a token must name the issuer of the tenant in its `tid`, which must be one
     * of `tenants`. For other issuers with several tenants, set a function: it gets the unverified claims, and returns the
     * issuer that the token must name. It must not be async. Both need `jwksUri` or another source of keys. A key that names
     * an issuer verifies tokens of this issuer only.
     */
    readonly issuer: string | readonly string[] | IssuerOfClaims
    /**
     * The accepted tenants of an `issuer` with the placeholder `{tenantid}`: their GUIDs, or `any` for every tenant in the
     * world, if the application itself decides whose users to accept.
     */
    readonly tenants?: 'any' | readonly string[] | undefined
    /** What `aud` must contain: one value or a list. Default: the requested resource, as MCP requires. */
    readonly audience?: string | readonly string[] | undefined
    /** Accepts tokens of these clients, for issuers that write no useful `aud`. See {@link Recipient}. */
    readonly recipient?: Recipient | undefined
    /** Accepted signature algorithms. Default: the asymmetric ones; with `secret`, HS256. */
    readonly algorithms?: readonly string[] | undefined
    /**
     * `at+jwt` (default) accepts only tokens whose header marks them as access tokens (RFC 9068). `any-jwt` is for identity
     * providers that do not; ID tokens and other kinds are still refused.
     */
    readonly typ?: 'at+jwt' | 'any-jwt' | undefined
    /**
     * `rfc9068` also requires `sub`, `client_id`, `iat` and `jti`, as that standard does. Default: only `iss`, `aud` and
     * `exp` are required.
     */
    readonly profile?: 'rfc9068' | undefined
    /**
     * Accepts tokens that are bound to a key of the client (`cnf`: DPoP, mutual TLS) without a proof of the key, so a stolen
     * token is enough. Set it only if a proxy in front checks the proof of each request. Default: false.
     */
    readonly dangerouslyAcceptBoundTokensAsBearer?: boolean | undefined
    /**
     * Checks the claims of a token, and gives them a type. `AccessToken.claims` is the output of the schema, with defaults and
     * transforms; scopes, client, subject and expiry are read from the token itself. Claims that do not match make the token
     * invalid. If the schema throws, the response is 503.
     *
     * It runs on every request, once the signature is verified. Its output is frozen.
     */
    readonly claims?: ClaimsSchema<Claims> | undefined
    /** Seconds for discovery and keys together, until the issuer counts as unavailable. Default: 5. */
    readonly timeout?: number | undefined
    /** Seconds that clocks may differ, at most 60. Default: 30. */
    readonly clockTolerance?: number | undefined
    readonly fetch?: Fetch | undefined
    readonly now?: Clock | undefined
  }

export function jwtVerifierOptionTable() {
  return {
    ...providerOptionTable(),
    issuer: issuerOption(),
    tenants: tenantsOption(),
    audience: textList(),
    recipient: recipientOption(),
    scopes: claimSourceOption(),
    clientId: claimSourceOption(),
    algorithms: algorithmsOption(),
    typ: withDefault<'at+jwt' | 'any-jwt'>(oneOf('at+jwt', 'any-jwt'), 'at+jwt'),
    profile: oneOf('rfc9068'),
    publicKey: publicKeyOption(),
    jwks: jwksOption(),
    jwksUri: urlWithQuery(),
    secret: secretOption(),
    claims: claimsSchemaOption(),
    timeout: withDefault(seconds({ least: 0.001 }), 5),
    clockTolerance: clockTolerance(),
    dangerouslyAcceptBoundTokensAsBearer: flag(),
    fetch: anyFunction(),
    now: withDefault(anyFunction(), systemClock),
  } satisfies OptionTable<JWTVerifierOptions>
}

/** Default: the asymmetric ones; with `secret`, HS256. */
export function algorithmsOption(): Option<never> {
  return {
    problem(value, given) {
      const possible: readonly unknown[] =
        Reflect.get(given, 'secret') === undefined ? asymmetricAlgorithms : hmacAlgorithms
      const isSome = Array.isArray(value) && value.length > 0 && value.every((one) => possible.includes(one))
      return isSome ? undefined : `be some of ${possible.join(', ')}`
    },
  }
}
