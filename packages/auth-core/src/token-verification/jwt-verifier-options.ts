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
import { type ClaimMapping, claimSourceOption } from './jwt/claim-mapping.js'
import { type ClaimsSchema, claimsSchemaOption } from './jwt/claims-schema.js'
import { type Recipient, recipientOption } from './jwt/recipient.js'
import { type JWTVerifierKeys, jwksOption, publicKeyOption, secretOption } from './keys/given-keys.js'
import type { TokenVerifierOptions } from './token-verifier.js'

/** Options of `JWTVerifier`. */
export type JWTVerifierOptions<Claims extends object = Record<string, unknown>> = TokenVerifierOptions &
  JWTVerifierKeys &
  ClaimMapping & {
    /**
     * Whose tokens are accepted: the exact string of their `iss`. Several have one set of keys, so that each can sign for
     * the others: for issuers that do not trust each other, use `MultiAuth`.
     *
     * With the placeholder `{tenantid}`, for Entra ID, it is the issuer of each of the `tenants`: the one in `tid`. For
     * other issuers of many tenants, give a function: it gets claims that nobody has verified yet, and returns the issuer
     * that such a token must have. It must not be async. Both need `jwksUri` or another source of keys, and a key that
     * names an issuer signs for this one alone.
     */
    readonly issuer: string | readonly string[] | IssuerOfClaims
    /**
     * The tenants of an `issuer` with the placeholder `{tenantid}`: their GUIDs, or `any` for every tenant in the world,
     * if the application itself decides whose users may come in.
     */
    readonly tenants?: 'any' | readonly string[] | undefined
    /** What `aud` must contain. Default: the resource that is asked for, which is right for MCP. */
    readonly audience?: string | readonly string[] | undefined
    /** For issuers whose tokens have no `aud`, or one that says nothing: the clients whose tokens are accepted. */
    readonly recipient?: Recipient | undefined
    /** The signature algorithms that are accepted. Default: the asymmetric ones; with `secret`, HS256. */
    readonly algorithms?: readonly string[] | undefined
    /**
     * `at+jwt` (default) accepts what says that it is an access token (RFC 9068). `any-jwt` is for identity
     * providers that do not say so; ID tokens and other kinds are still refused.
     */
    readonly typ?: 'at+jwt' | 'any-jwt' | undefined
    /**
     * `rfc9068` refuses tokens that lack one of the claims which that standard requires: besides `iss`, `aud` and
     * `exp`, which are always needed, `sub`, `client_id`, `iat` and `jti`. Default: those may be missing.
     */
    readonly profile?: 'rfc9068' | undefined
    /**
     * Accepts tokens that are bound to a key of the client (`cnf`: DPoP, mutual TLS) as if they were not: whoever has
     * got hold of one can use it. Only where a proxy in front of this server checks the proof of each request.
     */
    readonly dangerouslyAcceptBoundTokensAsBearer?: boolean | undefined
    /**
     * Checks the claims of a token, and says of which type they are. What the schema outputs is what `claims` holds,
     * defaults and transforms applied; scopes, client, subject and expiry are read from the token itself. Claims that
     * do not fit make a bad token; a schema that throws is an outage.
     *
     * It runs after the signature was verified, and not again for a token that is remembered. Its output is shared
     * by all requests with the token, and therefore frozen.
     */
    readonly claims?: ClaimsSchema<Claims> | undefined
    /** Seconds until the issuer counts as down: for finding the keys and fetching them together. Default: 5. */
    readonly timeout?: number | undefined
    /** Seconds that clocks may differ, 60 at most. Default: 30. */
    readonly clockTolerance?: number | undefined
    readonly fetch?: Fetch | undefined
    readonly now?: Clock | undefined
  }

/** The options of a `JWTVerifier`. */
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
    must: 'be algorithms of the keys',
    problem(value, given) {
      const possible: readonly unknown[] =
        Reflect.get(given, 'secret') === undefined ? asymmetricAlgorithms : hmacAlgorithms
      const isSome = Array.isArray(value) && value.length > 0 && value.every((one) => possible.includes(one))
      return isSome ? undefined : `be some of ${possible.join(', ')}`
    },
  }
}
