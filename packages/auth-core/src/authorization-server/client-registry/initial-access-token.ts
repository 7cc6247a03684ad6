import { bearerChallenge } from '../../gate/refusals/bearer-challenge.js'
import { readBearerCredentials } from '../../gate/request/bearer-credentials.js'
import type { HttpRequest } from '../../http/http-request.js'
import { OAuthError, unavailable } from '../../oauth/oauth-error.js'
import { type OptionNames, refuseUnknownOptions } from '../../options/unknown-options.js'
import type { Clock } from '../../runtime/clock.js'
import { matchSecret } from '../client-authentication/client-secret.js'
import { type ClientSecret, checkSecretNames, isClientSecret } from '../clients/client.js'

/** Says whether a token lets its bearer register clients. What it throws is an outage, and so is an answer that is neither. */
export type InitialAccessTokenCheck = (token: string) => boolean | Promise<boolean>

export interface DynamicRegistrationOptions {
  /**
   * Registration needs a token that you hand out: the digests of those that are good, made with `secretDigest`, or a
   * function that says whether one is (RFC 7591 section 3). Not used up: each lets any number of clients register.
   */
  readonly initialAccessToken: readonly ClientSecret[] | InitialAccessTokenCheck
}

const optionNames = { initialAccessToken: true } as const satisfies OptionNames<DynamicRegistrationOptions>

/** @throws `TypeError`, naming the option. */
export function checkedDynamicRegistration(
  option: boolean | DynamicRegistrationOptions | undefined = false,
): boolean | DynamicRegistrationOptions {
  if (typeof option === 'boolean') return option
  refuseUnknownOptions('OAuthProvider', option, optionNames, { path: 'dynamicRegistration.' })
  const { initialAccessToken: tokens } = option
  checkSecretNames('dynamicRegistration.initialAccessToken', tokens)
  const isList = Array.isArray(tokens) && tokens.length > 0 && tokens.every(isClientSecret)
  if (typeof tokens !== 'function' && !isList) {
    throw new TypeError(
      '"dynamicRegistration.initialAccessToken" must be a function, or a list of { digest, expiresAt? } with digests of secretDigest, and times in seconds',
    )
  }
  return option
}

/** What decides who may register. An `AuthorizationServer` is one. */
export interface RegistrationGate {
  readonly dynamicRegistration: boolean | DynamicRegistrationOptions
  readonly now: Clock
}

/**
 * Refuses to register clients for whoever was not given a token for that, where one is needed.
 *
 * @returns whether the request came with a token; `false` where none is needed.
 * @throws `invalid_token`, with a challenge that says so only of a token that was sent.
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
  const isGood =
    credentials.kind === 'token' && (await isAccepted(server, credentials.token, initialAccessToken))
  if (!isGood) throw refusal('initial_access_token', { error: 'invalid_token' })
  return true
}

async function isAccepted(
  server: RegistrationGate,
  token: string,
  accepted: DynamicRegistrationOptions['initialAccessToken'],
): Promise<boolean> {
  if (typeof accepted === 'function') {
    try {
      const answer: unknown = await accepted(token)
      if (typeof answer === 'boolean') return answer
      throw new TypeError('initialAccessToken must answer true or false')
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
