import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import { verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { givenListener, listenerOf, reportFailure } from '../events/listener.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { checkVerifyingProvider } from '../options/provider-argument.js'
import { functionOrFalse } from '../options/rows.js'
import { expectedResource, mcpPath } from './expected-resource.js'
import { askProvider } from './verdict/ask-provider.js'

/** The error classes of an official SDK. Its gates know no others. */
export type SdkErrorClasses =
  /** From `@modelcontextprotocol/sdk/server/auth/errors.js` of SDK v1. */
  | { readonly InvalidTokenError: new (message: string) => Error }
  /** From `@modelcontextprotocol/server` of SDK v2. */
  | { readonly OAuthError: new (code: never, message: string) => Error }

/** The interface of verifiers for the gates of both SDKs. */
export interface SdkTokenVerifier<Claims extends object = Record<string, unknown>> {
  verifyAccessToken(token: string): Promise<AccessToken<Claims>>
}

/** Options of `toSdkVerifier`. */
export interface SdkVerifierOptions {
  /**
   * The MCP path that the gate protects. Default: the path that the provider's routes were mounted with. If there are
   * several, every request fails until it is set.
   */
  readonly mcpPath?: string | null | undefined
  /**
   * Hears why tokens are refused, as at a gate. `false` turns that off. Default: the listener of the provider, otherwise
   * the console.
   */
  readonly onEvent?: EventListener | false | undefined
}

export function sdkVerifierOptionTable() {
  return { mcpPath: mcpPath(), onEvent: functionOrFalse() } satisfies OptionTable<SdkVerifierOptions>
}

/**
 * Creates a verifier for the SDK's own `requireBearerAuth`, if you keep that gate.
 *
 * The SDK's gate checks scopes itself: set its `requiredScopes` and `resourceMetadataUrl`. It ignores `impliesScope`, and
 * the different scopes of the sources of a `MultiAuth`. It responds 500 to an outage, where the gates of this library
 * respond 503. It allows no difference between clocks when a token expires.
 *
 * @param errorClasses The classes from the same copy of the SDK as the gate.
 * @throws `TypeError` for other classes: the gate would respond to an invalid token as to an outage.
 */
export function toSdkVerifier<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  errorClasses: SdkErrorClasses,
  options: SdkVerifierOptions = {},
): SdkTokenVerifier<Claims> {
  checkVerifyingProvider({ name: 'toSdkVerifier', call: 'toSdkVerifier(auth, errorClasses)' }, provider)
  const { mcpPath: path, onEvent } = checkedOptions('toSdkVerifier', options, sdkVerifierOptionTable())
  const newInvalidToken = invalidTokenOf(errorClasses)
  const memory = verdictMemoryOf(provider)
  const emit = givenListener(onEvent) ?? listenerOf(provider)
  return {
    async verifyAccessToken(token) {
      // At each request, because the provider's paths may be set after the gate was created.
      const resource = expectedResource(provider, path)
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
  throw new TypeError(
    'toSdkVerifier: "errorClasses" must have the SDK\'s "InvalidTokenError" (v1) or "OAuthError" (v2).',
  )
}
