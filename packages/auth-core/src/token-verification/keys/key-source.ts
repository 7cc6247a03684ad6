import type { JSONWebKeySet } from 'jose'
import { urlProblem } from '../../options/url.js'
import { failureAt } from '../../outbound/fetch-failure.js'
import { type Fetch, fetchJson } from '../../outbound/fetch-json.js'
import { NotFound } from '../../outbound/not-found.js'
import { shownUrl } from '../../outbound/shown-url.js'
import type { Clock } from '../../runtime/clock.js'
import type { AcceptedIssuers } from '../jwt/accepted-issuers.js'
import type { KeySource } from '../jwt/jws.js'
import { type JWTVerifierKeys, secretBytes } from './given-keys.js'
import { discoverJwksUri } from './issuer-discovery.js'
import { checkedJwks, isUsableKey, keySet, sharedSecret, staticKey } from './key-set.js'
import { RemoteKeys } from './remote-keys.js'

/** The checked options that decide where keys come from. */
type KeyOptions = JWTVerifierKeys & {
  readonly dangerouslyAllowInsecureUrls: boolean
  /** In seconds. */
  readonly timeout: number
  readonly fetch?: Fetch | undefined
}

/**
 * The keys of a `JWTVerifier`: configured, at a URL, or discovered from its issuer.
 *
 * @param onKeyRemoved Called when the issuer has removed a key: its tokens are no longer valid.
 * @throws `TypeError` if the keys of these issuers cannot be discovered.
 */
export function keySource(
  options: KeyOptions,
  issuers: AcceptedIssuers,
  now: Clock,
  onKeyRemoved: () => void,
): KeySource {
  if (options.publicKey !== undefined) return staticKey(options.publicKey)
  if (options.secret !== undefined) return sharedSecret(secretBytes(options.secret))
  if (options.jwks !== undefined) return keySet(options.jwks)
  const { jwksUri, fetch, timeout } = options
  const [issuer = ''] = issuers.names
  const problem = jwksUri === undefined ? discoveryProblem(issuers, options) : undefined
  if (problem !== undefined) throw new TypeError(`JWTVerifier: ${problem}.`)
  const fetchKeys = async () => {
    // One deadline for discovery and keys together: requests wait for both.
    const bounds = { fetch, signal: AbortSignal.timeout(timeout * 1000) }
    return fetchJwks(jwksUri ?? (await discoverJwksUri(issuer, bounds)), bounds)
  }
  return new RemoteKeys(fetchKeys, now, onKeyRemoved)
}

async function fetchJwks(
  location: string,
  bounds: { readonly fetch: Fetch | undefined; readonly signal: AbortSignal },
): Promise<JSONWebKeySet> {
  try {
    const jwks = checkedJwks('jwksUri', await fetchJson(location, bounds))
    if (!jwks.keys.some(isUsableKey)) throw new NotFound(`${shownUrl(location)} has no usable key`)
    return jwks
  } catch (error) {
    throw failureAt(location, error)
  }
}

/** Why keys cannot be discovered from these issuers, as the rest of an error. */
function discoveryProblem(
  { names, kind }: AcceptedIssuers,
  { dangerouslyAllowInsecureUrls }: KeyOptions,
): string | undefined {
  if (kind !== 'exact')
    return '"jwksUri" must be set if "issuer" is a function or has a placeholder. For Entra ID, set https://login.microsoftonline.com/common/discovery/v2.0/keys'
  const [issuer, ...others] = names
  if (others.length > 0)
    return '"issuer" must be one issuer if its keys are discovered. Use MultiAuth for several'
  const problem = urlProblem(issuer, dangerouslyAllowInsecureUrls)
  return problem === undefined ? undefined : `"issuer" must ${problem}`
}
