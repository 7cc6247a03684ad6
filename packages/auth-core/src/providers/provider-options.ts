import type { EventListener } from '../events/auth-event.js'
import { type ImpliesScope, scopeList } from '../oauth/scope.js'
import type { OptionTable } from '../options/option-table.js'
import { anyFunction, flag, functionOrFalse, url, withDefault } from '../options/rows.js'

/** Options of every provider. */
export interface AuthProviderOptions {
  /**
   * The public URL of the application, with its prefix if it has one. If several providers share an origin, each needs a
   * prefix of its own.
   */
  readonly baseUrl?: string | undefined
  /** The public URL of the protected resources. Default: `baseUrl`. */
  readonly resourceBaseUrl?: string | undefined
  /** The scopes that every request to the resource needs. Default: none. */
  readonly requiredScopes?: readonly string[] | undefined
  /**
   * Decides whether a granted scope includes a required one. Default: a scope includes only itself. Challenges name the
   * required scopes in any case.
   */
  readonly impliesScope?: ImpliesScope | undefined
  /** Allows http URLs of hosts other than loopback. Tokens then travel in the clear: never use it on a public network. */
  readonly dangerouslyAllowInsecureUrls?: boolean | undefined
  /**
   * Hears what operators must know and clients must not. Verifiers and gates of this provider use it if they have no
   * listener of their own. Each event is reported once. `false` turns events off.
   *
   * Default: `console.warn` prints outages and failures of the application's code. Outside production (`NODE_ENV`), it also
   * prints refused tokens and requests. Each kind of event is printed at most once in ten seconds.
   */
  readonly onEvent?: EventListener | false | undefined
}

/** The options that all providers share. */
export function providerOptionTable() {
  return {
    baseUrl: url(),
    resourceBaseUrl: url(),
    requiredScopes: withDefault<readonly string[]>(scopeList(), []),
    impliesScope: anyFunction(),
    dangerouslyAllowInsecureUrls: flag(),
    onEvent: functionOrFalse(),
  } satisfies OptionTable<AuthProviderOptions>
}

/** Returns the options that all providers share, without those of a subclass: `AuthProvider` refuses unknown options. */
export function providerOptions(options: AuthProviderOptions): AuthProviderOptions {
  const { baseUrl, resourceBaseUrl, requiredScopes, impliesScope, dangerouslyAllowInsecureUrls, onEvent } =
    options
  return { baseUrl, resourceBaseUrl, requiredScopes, impliesScope, dangerouslyAllowInsecureUrls, onEvent }
}
