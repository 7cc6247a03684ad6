import type { EventListener } from '../events/auth-event.js'
import type { AllowedOrigins } from '../http/allowed-origins.js'
import { scopeList } from '../oauth/scope.js'
import { checkedOptions, type OptionTable, refuseTogether } from '../options/option-table.js'
import { flag, functionOrFalse, option } from '../options/rows.js'
import { mcpPath } from './expected-resource.js'
import { type AnonymousAccess, anonymousAccess } from './request/anonymous-access.js'

/** Options of `requireBearerAuth` and `getMiddleware`. */
export interface BearerGateOptions {
  /** The scopes that every request needs. Default: the provider's `requiredScopes`. */
  readonly scopes?: readonly string[] | undefined
  /** The MCP path that the gate protects. Default: the path that the provider's routes were mounted with. */
  readonly mcpPath?: string | null | undefined
  /**
   * What requests without a token may use, besides the handshake and the lists of tools, resources and prompts. Every
   * other request without a token gets a 401. The handler sees no token. Default: nothing is public.
   *
   * An invalid token is refused, even for what is public. Credentials of another scheme count as no token, because they
   * may be for a proxy in front. A page of another origin needs a token unless `allowedOrigins` names it: otherwise any
   * website could use a server on its visitor's machine. The gate reads the body of a request without a token, 4 MiB at
   * most.
   */
  readonly allowAnonymous?: AnonymousAccess | false | undefined
  /**
   * Lets requests without a token do everything that `requireToolScopes` does not name: read resources, open streams,
   * call every tool that you add later. Default: false.
   */
  readonly dangerouslyAllowAnonymousEverything?: boolean | undefined
  /**
   * The origins of the web pages that may call, for example `['https://app.example.com']`. Pages of other origins get a
   * 403. Pages of the server's own origin may always call, and so may programs, which send no origin.
   * `'http://localhost:*'` is every port of this machine, `'*'` every page. Default: every page, with a token.
   */
  readonly allowedOrigins?: AllowedOrigins | undefined
  /**
   * Hears what this gate refuses and why, and what verifiers without a listener of their own report. `false` turns both
   * off. Default: the listener of the provider, otherwise the console.
   */
  readonly onEvent?: EventListener | false | undefined
}

export function bearerGateOptionTable() {
  return {
    scopes: scopeList(),
    mcpPath: mcpPath(),
    allowAnonymous: anonymousAccess(),
    dangerouslyAllowAnonymousEverything: flag(),
    allowedOrigins: option(
      'be "*" or a list of origins such as "https://app.example.com"',
      (value) => value === '*' || Array.isArray(value),
    ),
    onEvent: functionOrFalse(),
  } satisfies OptionTable<BearerGateOptions>
}

/** Options of the gates of both official SDKs. */
const remedies = {
  requiredScopes: 'Use "scopes".',
  resourceMetadataUrl: 'The provider knows it. Set "mcpPath" where there are several.',
  verifier: 'Pass the provider as the first argument.',
}

/** @throws `TypeError` for invalid and unknown options. */
export function checkedGateOptions(options: BearerGateOptions) {
  const checked = checkedOptions('requireBearerAuth', options, bearerGateOptionTable(), { remedies })
  refuseTogether('requireBearerAuth', checked, 'allowAnonymous', ['dangerouslyAllowAnonymousEverything'])
  return checked
}
