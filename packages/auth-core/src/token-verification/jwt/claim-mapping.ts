import type { EventListener } from '../../events/auth-event.js'
import { unknownClient } from '../../mcp/same-caller.js'
import { unavailable } from '../../oauth/oauth-error.js'
import type { Option } from '../../options/option-table.js'
import { isTextList, listOf, option } from '../../options/rows.js'
import { ignoreRejection } from '../../runtime/promise-like.js'
import { scopesOf, scopesOfClaims } from './scope-claims.js'

type Claims = Readonly<Record<string, unknown>>

/**
 * Where a value is in the claims of a token: the name of a claim, several names, or a function.
 *
 * A function runs on every request, even for a cached token. It must not be async. If it throws, or returns a value of
 * another type, the response is 503.
 */
export type ClaimSource<Value> = string | readonly string[] | ((claims: Claims) => Value | undefined)

/** Where a verifier finds scopes and client, for issuers that use other claims. */
export interface ClaimMapping {
  /**
   * Where the scopes are. Several claims all count. Each is text with spaces between the scopes, or a list. Default: `scope`,
   * otherwise `scp`.
   */
  readonly scopes?: ClaimSource<string | readonly string[]> | undefined
  /** Where the client ID is. Of several claims, the first one that is present counts. Default: see the verifier. */
  readonly clientId?: ClaimSource<string> | undefined
}

/** Reads the claims of a {@link ClaimMapping}. `emit` gets an event if a function fails. */
export interface ClaimReaders {
  /** Whether functions of the application read claims. Their results may change, so they run on every request. */
  readonly areFunctions: boolean
  /** `undefined` if a claim is neither text nor a list of texts: the token is then invalid. */
  scopes(claims: Claims, emit: EventListener): string[] | undefined
  /** `unknown` if no claim names the client. */
  clientId(claims: Claims, emit: EventListener): string
}

export function claimSourceOption(): Option<never> {
  return option(
    'be a claim, a list of claims or a function',
    (value) => typeof value === 'function' || isTextList(value),
  )
}

/**
 * @param defaultClientClaims Where the client ID is without the option.
 * @param clientOption The name of the option `clientId`, for errors.
 */
export function claimReaders(
  { scopes, clientId }: ClaimMapping,
  defaultClientClaims: readonly string[],
  clientOption = 'clientId',
): ClaimReaders {
  return {
    areFunctions: typeof scopes === 'function' || typeof clientId === 'function',
    scopes: scopesReader(scopes),
    clientId: clientReader(clientOption, clientId ?? defaultClientClaims),
  }
}

function scopesReader(source: ClaimMapping['scopes']): ClaimReaders['scopes'] {
  if (source === undefined) return scopesOfClaims
  if (typeof source === 'function') {
    return (claims, emit) =>
      readWith('scopes', emit, () => {
        const returned: unknown = source(claims)
        const scopes = scopesOf(returned)
        if (scopes !== undefined) return scopes
        ignoreRejection(returned)
        throw new TypeError('"scopes" must return a string, a list of strings or undefined, not a promise')
      })
  }
  const names = listOf(source)
  return (claims) => {
    const found = names.map((name) => scopesOf(claimOf(claims, name)))
    return found.includes(undefined) ? undefined : [...new Set(found.flatMap((scopes) => scopes ?? []))]
  }
}

function clientReader(option: string, source: ClaimSource<string>): ClaimReaders['clientId'] {
  if (typeof source === 'function') {
    return (claims, emit) =>
      readWith('client_id', emit, () => {
        const client: unknown = source(claims)
        if (client === undefined || client === null || client === '') return unknownClient
        if (typeof client === 'string') return client
        ignoreRejection(client)
        throw new TypeError(`"${option}" must return a string or undefined, not a promise`)
      })
  }
  const names = listOf(source)
  // Never `sub`: a user ID can equal a client ID.
  return (claims) => {
    const client = names
      .map((name) => claimOf(claims, name))
      .find((value) => typeof value === 'string' && value !== '')
    return typeof client === 'string' ? client : unknownClient
  }
}

/** Own members only: every object has a `constructor`. */
function claimOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

/** Calls a function of the application. Its failure is an outage: it does not make the token invalid. */
export function readWith<Value>(
  source: 'scopes' | 'client_id' | 'issuer',
  emit: EventListener,
  read: () => Value,
): Value {
  try {
    return read()
  } catch (cause) {
    emit({ type: 'source.unavailable', source, cause })
    throw unavailable('claims_unavailable', cause)
  }
}
