import { bearerChallenge } from '../../gate/refusals/bearer-challenge.js'
import { readBearerCredentials } from '../../gate/request/bearer-credentials.js'
import type { HttpRequest } from '../../http/http-request.js'
import { OAuthError, unavailable } from '../../oauth/oauth-error.js'
import { checkedOptions, type Option, type OptionTable } from '../../options/option-table.js'
import { option, required } from '../../options/rows.js'
import type { Clock } from '../../runtime/clock.js'
import { matchSecret } from '../client-authentication/client-secret.js'
import { areSecretObjects, type ClientSecret, checkSecrets, secretList } from '../clients/client.js'

/** Decides whether a token lets its bearer register clients. Throwing, or returning anything but a boolean, is an outage. */
export type InitialAccessTokenCheck = (token: string) => boolean | Promise<boolean>

export interface DynamicRegistrationOptions {
  /**
   * The tokens that registration needs (RFC 7591 section 3): their digests, made with `secretDigest`, or a function that
   * decides whether one is valid. Each token may register any number of clients.
   */
  readonly initialAccessToken: readonly ClientSecret[] | InitialAccessTokenCheck
}

export function dynamicRegistrationOptionTable() {
  return {
    initialAccessToken: required(tokensOrFunction()),
  } satisfies OptionTable<DynamicRegistrationOptions>
}

function tokensOrFunction(): Option<never> {
  return option(
    `be a function, or ${secretList}`,
    (value) => typeof value === 'function' || (areSecretObjects(value) && value.length > 0),
  )
}

/** @throws `TypeError`, naming the option. */
export function checkDynamicRegistration(option: boolean | DynamicRegistrationOptions): void {
  if (typeof option === 'boolean') return
  const path = 'dynamicRegistration.'
  const { initialAccessToken: tokens } = checkedOptions(
    'OAuthProvider',
    option,
    dynamicRegistrationOptionTable(),
    { path },
  )
  if (typeof tokens !== 'function') checkSecrets(`${path}initialAccessToken`, tokens)
}

/** What decides who may register. An `AuthorizationServer` is one. */
export interface RegistrationGate {
  readonly dynamicRegistration: boolean | DynamicRegistrationOptions
  readonly now: Clock
}

/**
 * Checks the initial access token of a registration, if one is needed.
 *
 * @returns whether the request has a valid token; `false` if none is needed.
 * @throws `invalid_token`. The challenge has `error` only if a token was sent.
 */
export async function checkInitialAccessToken({
  server,
  http,
}: {
  readonly server: RegistrationGate
  readonly http: HttpRequest
}): Promise<boolean> {
  if (typeof server.dynamicRegistration === 'boolean') return false
  const credentials = readBearerCredentials(http.header('authorization'))
  if (credentials.kind === 'none') throw refusal('initial_access_token_missing', {})
  const { initialAccessToken } = server.dynamicRegistration
  const isValid =
    credentials.kind === 'token' && (await isAccepted(server, credentials.token, initialAccessToken))
  if (!isValid) throw refusal('initial_access_token', { error: 'invalid_token' })
  return true
}

async function isAccepted(
  server: RegistrationGate,
  token: string,
  accepted: DynamicRegistrationOptions['initialAccessToken'],
): Promise<boolean> {
  if (typeof accepted === 'function') {
    try {
      const isAllowed: unknown = await accepted(token)
      if (typeof isAllowed === 'boolean') return isAllowed
      throw new TypeError('initialAccessToken must return true or false')
    } catch (cause) {
      throw unavailable('initial_access_token_check_failed', cause)
    }
  }
  return (await matchSecret(token, accepted, server.now())) === 'current'
}

function refusal(
  reason: 'initial_access_token' | 'initial_access_token_missing',
  { error }: { readonly error?: 'invalid_token' },
): OAuthError {
  const description = 'Registration needs a token that the operator of this server hands out.'
  const challenge = bearerChallenge({ scopes: [], error, description: error && description })
  return new OAuthError('invalid_token', description, { reason, challenge })
}
