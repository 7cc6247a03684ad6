import type { EventListener } from '../../events/auth-event.js'
import { unknownClient } from '../../mcp/same-caller.js'
import { unavailable } from '../../oauth/oauth-error.js'
import type { Option } from '../../options/option-table.js'
import { isTextList, listOf, option } from '../../options/rows.js'
import { ignoreRejection } from '../../runtime/promise-like.js'
import { scopesOf, scopesOfClaims } from './scope-claims.js'

type Claims = Readonly<Record<string, unknown>>

/**
 * Where something stands in the claims of a token: the name of a claim, several names, or a function. A function is called
 * at every request, even for a token that is known. It must not be async. If it throws, or returns something else than it should, the response is 503: nobody can tell.
 */
export type ClaimSource<Value> = string | readonly string[] | ((claims: Claims) => Value | undefined)

/** How a verifier reads claims that issuers spell differently. */
export interface ClaimMapping {
  /**
   * Where scopes are: of several claims, all count. Each is text with spaces between the scopes, or a list. Default:
   * `scope`, or `scp` without one.
   */
  readonly scopes?: ClaimSource<string | readonly string[]> | undefined
  /** Where the client is: of several claims, the first that is there counts. Default: see the verifier. */
  readonly clientId?: ClaimSource<string> | undefined
}

/** Reads what {@link ClaimMapping} says. `emit` is told of functions that fail. */
export interface ClaimReaders {
  /** Whether functions of the application do the reading. What they say may change, so they are asked at every request. */
  readonly areFunctions: boolean
  /** `undefined` if a claim is neither text nor a list of texts: then the token is not understood. */
  scopes(claims: Claims, emit: EventListener): string[] | undefined
  /** `unknown` if no claim names the client. */
  clientId(claims: Claims, emit: EventListener): string
}

export function claimSourceOption(): Option<never> {
  return option(
    'be the name of a claim, a list of names or a function',
    (value) => typeof value === 'function' || isTextList(value),
  )
}

/**
 * @param defaultClientClaims Where the client is, unless the operator says so.
 * @param clientOption What the option `clientId` is called.
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
        throw new TypeError('"scopes" must return text, a list of texts, or undefined, and not a promise')
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
        throw new TypeError(`"${option}" must return text or undefined, and not a promise`)
      })
  }
  const names = listOf(source)
  // Never `sub` by default: a user who is called like a client is not that client.
  return (claims) => {
    const client = names
      .map((name) => claimOf(claims, name))
      .find((value) => typeof value === 'string' && value !== '')
    return typeof client === 'string' ? client : unknownClient
  }
}

/** Only what the token says: every object has a `constructor`. */
function claimOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

/** Asks a function of the application, whose failure is an outage: the token is not invalid for that. */
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
