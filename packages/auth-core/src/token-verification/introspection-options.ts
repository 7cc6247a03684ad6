import type { DefaultsOf, OptionTable } from '../options/option-table.js'
import {
  anyFunction,
  clockTolerance,
  flag,
  required,
  seconds,
  text,
  textList,
  urlWithQuery,
  wholeNumber,
  withDefault,
} from '../options/rows.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { providerOptionTable } from '../providers/provider-options.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { type IntrospectionCredentials, introspectionCredentialsTable } from './introspection/credentials.js'
import { type Recipient, recipientOption } from './jwt/audience.js'
import { type ClaimMapping, type ClaimSource, claimSourceOption } from './jwt/claim-mapping.js'
import { type ClaimsSchema, claimsSchemaOption } from './jwt/claims-schema.js'
import type { TokenVerifierOptions } from './token-verifier.js'

/** Options of `IntrospectionTokenVerifier`. */
export type IntrospectionTokenVerifierOptions<Claims extends object = Record<string, unknown>> =
  TokenVerifierOptions &
    IntrospectionCredentials & {
      /** The URL of the endpoint: https, or http on loopback. */
      readonly introspectionUrl: string
      /** The client ID of this server at the authorization server. */
      readonly clientId: string
      /** What `aud` must contain: one value or a list. Default: the requested resource. */
      readonly audience?: string | readonly string[] | undefined
      /** Accepts tokens of these clients, for endpoints that return no useful `aud`. See {@link Recipient}. */
      readonly recipient?: Recipient | undefined
      /** Where the scopes are in the response: see {@link ClaimMapping}. */
      readonly scopes?: ClaimMapping['scopes'] | undefined
      /**
       * Where the client of the token is in the response: see {@link ClaimMapping}. Default: `client_id`, or the claim of
       * `recipient`.
       */
      readonly tokenClientId?: ClaimSource<string> | undefined
      /**
       * What `iss` must be. Set it only if the endpoint returns `iss`. JWTs that name another issuer are then rejected
       * without being sent to the endpoint.
       *
       * Default: any. `AccessToken.issuer` is then the URL of the endpoint, with a SHA-256 digest in place of a query: a query
       * tells realms apart, and may contain a secret.
       */
      readonly issuer?: string | undefined
      /**
       * Checks the response, and gives it a type. `AccessToken.claims` is the output of the schema; scopes, client, subject
       * and expiry are read from the response itself. A response that does not match makes the token invalid.
       */
      readonly claims?: ClaimsSchema<Claims> | undefined
      /**
       * Accepts tokens for any audience, including tokens without one: the endpoint alone decides whether a token is for
       * this server. Default: false.
       */
      readonly dangerouslyAllowAnyAudience?: boolean | undefined
      /**
       * Accepts tokens that are bound to a key of the client (`cnf`: DPoP, mutual TLS) without a proof of the key, so a stolen
       * token is enough. Set it only if a proxy in front checks the proof of each request. Default: false.
       */
      readonly dangerouslyAcceptBoundTokensAsBearer?: boolean | undefined
      /** Accepts responses without `exp`, each for at most a minute. Default: false. */
      readonly allowMissingExp?: boolean | undefined
      /** Seconds for which a positive response is cached. Revocations are noticed that much later. Default: 0. */
      readonly cacheLifetime?: number | undefined
      /**
       * The most positive responses that are cached, if `cacheLifetime` is set. 0 caches none. Default: 10000.
       */
      readonly maxCacheSize?: number | undefined
      /**
       * Seconds for which a rejected token is rejected again without a request, so that a client that repeats it causes no
       * traffic. Default: 5.
       */
      readonly refusalLifetime?: number | undefined
      /**
       * The most concurrent requests to the endpoint, so that made-up tokens cannot open any number of connections. Beyond
       * it, the response is 503. Default: 100.
       */
      readonly maxConcurrency?: number | undefined
      /** Seconds until the endpoint counts as unavailable. Default: 5. */
      readonly timeout?: number | undefined
      /** Seconds that clocks may differ, at most 60. Default: 30. */
      readonly clockTolerance?: number | undefined
      readonly fetch?: Fetch | undefined
      readonly now?: Clock | undefined
    }

/** The checked options with their defaults. */
export type CheckedIntrospectionOptions<Claims extends object> = IntrospectionTokenVerifierOptions<Claims> &
  DefaultsOf<ReturnType<typeof introspectionOptionTable>>

export function introspectionOptionTable() {
  return {
    ...providerOptionTable(),
    introspectionUrl: required(urlWithQuery()),
    clientId: required(text()),
    ...introspectionCredentialsTable(),
    audience: textList(),
    recipient: recipientOption(),
    scopes: claimSourceOption(),
    tokenClientId: claimSourceOption(),
    issuer: text(),
    claims: claimsSchemaOption(),
    dangerouslyAllowAnyAudience: flag(),
    dangerouslyAcceptBoundTokensAsBearer: flag(),
    allowMissingExp: flag(),
    cacheLifetime: withDefault(seconds(), 0),
    maxCacheSize: withDefault(wholeNumber({ least: 0 }), 10_000),
    refusalLifetime: withDefault(seconds(), 5),
    maxConcurrency: withDefault(wholeNumber({ least: 1 }), 100),
    timeout: withDefault(seconds({ least: 0.001 }), 5),
    clockTolerance: clockTolerance(),
    fetch: anyFunction(),
    now: withDefault(anyFunction(), systemClock),
  } satisfies OptionTable<IntrospectionTokenVerifierOptions>
}
