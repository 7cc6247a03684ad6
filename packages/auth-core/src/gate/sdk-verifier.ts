import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import { verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { givenListener, listenerOf, reportFailure } from '../events/listener.js'
import { checkVerifyingProvider } from '../options/provider-argument.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { expectedResource } from './expected-resource.js'
import { askProvider } from './verdict/ask-provider.js'

/** The error classes of an official SDK: its gates know their own classes and no others. */
export type SdkErrorClasses =
  /** Of SDK v1: `@modelcontextprotocol/sdk/server/auth/errors.js`. */
  | { readonly InvalidTokenError: new (message: string) => Error }
  /** Of SDK v2: `@modelcontextprotocol/server`. */
  | { readonly OAuthError: new (code: never, message: string) => Error }

/** What the gates of both SDKs call a verifier. */
export interface SdkTokenVerifier<Claims extends object = Record<string, unknown>> {
  verifyAccessToken(token: string): Promise<AccessToken<Claims>>
}

export interface SdkVerifierOptions {
  /**
   * The MCP path that the gate protects. Default: the one that the provider's routes were made for. Where there are
   * several, every request fails until it is named.
   */
  readonly mcpPath?: string | null | undefined
  /**
   * Hears why tokens are refused, as at a gate. `false` for nobody. Default: the listener of the provider; without one,
   * the console.
   */
  readonly onEvent?: EventListener | false | undefined
}

const optionNames = { mcpPath: true, onEvent: true } as const satisfies OptionNames<SdkVerifierOptions>

/**
 * Makes a provider usable in the SDK's own `requireBearerAuth`, for those who keep it.
 *
 * The SDK's gate checks scopes itself: give it `requiredScopes` and `resourceMetadataUrl`. It knows nothing of
 * `impliesScope`, nor of the sources of a `MultiAuth` that require different scopes. It answers an outage with 500, where the
 * gates of this library answer 503, and forgives no difference between clocks once a token expires.
 *
 * @param errorClasses The classes of the very copy of the SDK that the gate comes from.
 * @throws `TypeError` for anything else, because then the gate would answer a bad token like an outage.
 */
export function toSdkVerifier<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  errorClasses: SdkErrorClasses,
  options: SdkVerifierOptions = {},
): SdkTokenVerifier<Claims> {
  checkVerifyingProvider({ name: 'toSdkVerifier', call: 'toSdkVerifier(auth, errorClasses)' }, provider)
  refuseUnknownOptions('toSdkVerifier', options, optionNames)
  const { mcpPath, onEvent } = options
  const newInvalidToken = invalidTokenOf(errorClasses)
  const memory = verdictMemoryOf(provider)
  const emit = givenListener(onEvent) ?? listenerOf(provider)
  return {
    async verifyAccessToken(token) {
      // Asked for each time: the provider may learn its path after the gate was made, and further ones after that.
      const resource = expectedResource(provider, mcpPath)
      const known = memory.recall(token, { resource })
      if (known !== undefined) return known
      const { accessToken } = await askProvider(provider, token, { resource, onEvent: emit }).catch(
        (error) => {
          reportFailure(emit, error)
          throw error
        },
      )
      if (accessToken === null) throw newInvalidToken('The access token is invalid, expired or revoked.')
      return accessToken
    },
  }
}

function invalidTokenOf(errorClasses: SdkErrorClasses): (message: string) => Error {
  const { InvalidTokenError, OAuthError } = errorClasses as Partial<
    Record<'InvalidTokenError' | 'OAuthError', unknown>
  >
  if (typeof InvalidTokenError === 'function') {
    const OfV1 = InvalidTokenError as new (message: string) => Error
    return (message) => new OfV1(message)
  }
  if (typeof OAuthError === 'function') {
    const OfV2 = OAuthError as new (code: string, message: string) => Error
    return (message) => new OfV2('invalid_token', message)
  }
  throw new TypeError('toSdkVerifier needs the SDK\'s "InvalidTokenError" (v1) or "OAuthError" (v2)')
}
