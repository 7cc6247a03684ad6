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
import { type ClaimMapping, type ClaimSource, claimSourceOption } from './jwt/claim-mapping.js'
import { type ClaimsSchema, claimsSchemaOption } from './jwt/claims-schema.js'
import { type Recipient, recipientOption } from './jwt/recipient.js'
import type { TokenVerifierOptions } from './token-verifier.js'

/** The options of an `IntrospectionTokenVerifier`. */
export type IntrospectionTokenVerifierOptions<Claims extends object = Record<string, unknown>> =
  TokenVerifierOptions &
    IntrospectionCredentials & {
      /** Where to ask. Only over https, but on loopback. */
      readonly introspectionUrl: string
      /** Who asks: this server, as the authorization server knows it. */
      readonly clientId: string
      /** What `aud` must contain. Default: the resource that is asked for. */
      readonly audience?: string | readonly string[] | undefined
      /** For endpoints that do not say in `aud` for whom a token is: the clients whose tokens are accepted. */
      readonly recipient?: Recipient | undefined
      /** Where scopes are in the response: see {@link ClaimMapping}. */
      readonly scopes?: ClaimMapping['scopes'] | undefined
      /**
       * Where the client that has the token is in the response: see {@link ClaimMapping}. Default: `client_id`, or the
       * claim of `recipient`.
       */
      readonly tokenClientId?: ClaimSource<string> | undefined
      /**
       * What `iss` must be. Set it only if the endpoint answers it. Then a JWT that names another issuer is refused here,
       * and the endpoint never sees it. Default: any, and the `issuer` of the `AccessToken` is the URL of the endpoint:
       * nothing else is known of who vouches for the token. Of a query in it, the `issuer` has the SHA-256 digest, because
       * two realms are two issuers, and the query may have a secret in it.
       */
      readonly issuer?: string | undefined
      /**
       * Checks what the endpoint answers, and says of which type it is. What the schema outputs is what `claims`
       * holds; scopes, client, subject and expiry are read from the answer itself. An answer that does not fit is a
       * bad token.
       */
      readonly claims?: ClaimsSchema<Claims> | undefined
      /**
       * Accepts tokens for any audience, also tokens without one: the endpoint alone decides whether a token is
       * meant for this server.
       */
      readonly dangerouslyAllowAnyAudience?: boolean | undefined
      /**
       * Accepts tokens that are bound to a key of the client (`cnf`: DPoP, mutual TLS) as if they were not: whoever has
       * got hold of one can use it. Only where a proxy in front of this server checks the proof of each request.
       */
      readonly dangerouslyAcceptBoundTokensAsBearer?: boolean | undefined
      /** Accepts tokens for which the endpoint names no expiry: each answer is good for a minute at most. */
      readonly allowMissingExp?: boolean | undefined
      /** Seconds for which a good answer is used again: a revocation may be noticed that late. Default: 0. */
      readonly cacheLifetime?: number | undefined
      /**
       * How many good answers are remembered at most, where `cacheLifetime` remembers them. 0 remembers none. Default:
       * 10000.
       */
      readonly maxCacheSize?: number | undefined
      /**
       * Seconds for which a refused token is refused again without a question, so that a client that repeats it
       * does not become traffic. Default: 5.
       */
      readonly refusalLifetime?: number | undefined
      /**
       * How many questions may be open at once, so that made-up tokens do not become as many connections. A request
       * beyond them is answered like in an outage. Default: 100.
       */
      readonly maxConcurrency?: number | undefined
      /** Seconds until the endpoint counts as down. Default: 5. */
      readonly timeout?: number | undefined
      /** Seconds that clocks may differ, 60 at most. Default: 30. */
      readonly clockTolerance?: number | undefined
      readonly fetch?: Fetch | undefined
      readonly now?: Clock | undefined
    }

/** The same with their defaults. */
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
