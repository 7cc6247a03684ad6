import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike, ChallengedToken, EndedToken } from '../contract/auth-provider-like.js'
import { isExpiryPresumed } from '../contract/presumed-expiry.js'
import {
  baseScopes,
  impliesScopeOf,
  type ScopeRules,
  scopesForOperation,
} from '../contract/required-scopes.js'
import { verdictMemoryOf } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { givenListener, listenerOf, reportFailure, reportRejection } from '../events/listener.js'
import { type AllowedOrigins, checkedOrigins } from '../http/allowed-origins.js'
import { corsHeaders } from '../http/cors.js'
import { errorResponse } from '../http/error-response.js'
import { type HttpResponse, noStoreEmpty, withHeaders } from '../http/http-response.js'
import {
  invalidRequestResponse,
  isMcpMethod,
  methodNotAllowedResponse,
  originNotAllowedResponse,
  parseErrorResponse,
  unknownToolResponse,
} from '../mcp/mcp-endpoint.js'
import {
  hasUnclearMessage,
  readJsonRpc,
  scopesOfToolCalls,
  type ToolScopes,
  type ToolScopesOptions,
  unnamedCall,
} from '../mcp/tool-scopes.js'
import { OAuthError, outageOf } from '../oauth/oauth-error.js'
import { checkedScopes, hasScopes, type ImpliesScope } from '../oauth/scope.js'
import { checkVerifyingProvider } from '../options/provider-argument.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { secondsBetween, systemClock } from '../runtime/clock.js'
import { type AnonymousAccess, anonymousRule } from './anonymous-access.js'
import { askProvider } from './ask-provider.js'
import { bearerChallenge } from './bearer-challenge.js'
import { readBearerCredentials } from './bearer-credentials.js'
import { boundResource } from './expected-resource.js'
import { isForm } from './form.js'
import type { GateRequest } from './gate-request.js'
import { checkGrantableScopes, toolScopesCheck } from './grantable-scopes.js'
import { type TokenCheck, watchToken } from './token-watch.js'

export interface BearerGateOptions {
  /** The scopes that every request needs. Default: the provider's `requiredScopes`. */
  readonly scopes?: readonly string[] | undefined
  /** The MCP path that the gate protects. Default: the one that the provider's routes were made for. */
  readonly mcpPath?: string | null | undefined
  /**
   * What requests without a token may use, besides the handshake and the lists of what there is: everything else asks
   * them for a token. The handler sees no token. Default: nothing is public.
   *
   * An invalid token is refused all the same. Credentials of another scheme count as none, because they may be for a
   * proxy in front. A page of another origin is asked for a token, unless `allowedOrigins` names it: otherwise any
   * website could use a server on its visitor's own machine. The gate reads the body of such a request, 4 MiB at most.
   */
  readonly allowAnonymous?: AnonymousAccess | false | undefined
  /**
   * Lets requests without a token do everything that `requireToolScopes` does not name: read resources, open streams,
   * call every tool that is added later. Default: false.
   */
  readonly dangerouslyAllowAnonymousEverything?: boolean | undefined
  /**
   * The web pages that may call, by their origin, for example `['https://app.example.com']`: those of other origins are
   * refused with 403. Pages of the server's own origin always may, and so may programs, which have no origin.
   * `'http://localhost:*'` is every port of this machine, `'*'` every page. Default: every page, with a token.
   */
  readonly allowedOrigins?: AllowedOrigins | undefined
  /**
   * Hears what this gate refuses and why, and what its verifiers do that have no listener of their own. `false` for
   * nobody. Default: the listener of the provider; without one, the console, as for a provider.
   */
  readonly onEvent?: EventListener | false | undefined
}

const optionNames = {
  scopes: true,
  mcpPath: true,
  allowAnonymous: true,
  dangerouslyAllowAnonymousEverything: true,
  allowedOrigins: true,
  onEvent: true,
} as const satisfies OptionNames<BearerGateOptions>

/** What the gates of the official SDKs call them. */
const remedies = {
  requiredScopes: 'Use "scopes".',
  resourceMetadataUrl: 'The provider knows it. Set "mcpPath" where there are several.',
  verifier: 'Pass the provider as the first argument.',
}

/** What a gate looks at when it asks for more scopes. */
type GrantedToken = Pick<AccessToken, 'scopes'> &
  Partial<Pick<AccessToken, 'clientId' | 'subject'>> &
  ChallengedToken

/**
 * Either the verified token, or the response to send instead of calling the handler. Neither of them says that an
 * anonymous request may pass: it asks for nothing but what `allowAnonymous` lists.
 */
export type GateAnswer<Claims extends object = Record<string, unknown>> =
  | { readonly accessToken: AccessToken<Claims>; readonly refusal?: undefined }
  | { readonly accessToken?: undefined; readonly refusal: HttpResponse }
  | { readonly accessToken?: undefined; readonly refusal?: undefined }

/** Decides whether a request may pass. Adapters put it in front of the MCP handler. */
export interface BearerGate<Claims extends object = Record<string, unknown>> {
  /**
   * Verifies the token of an `Authorization` header: at once, if the token is known, so that a known token costs no
   * trip through the event loop. Neither throws nor rejects.
   *
   * A token anywhere else is not a token (MCP, Token Requirements). A form could carry a second one, which a client must
   * not send (RFC 6750 section 2): beside a valid token, a form is refused with 400 by its media type. No body is read for
   * that.
   *
   * @param request Its members are read only when they are needed. Without it, nothing but the header is looked at, and no
   * anonymous request passes.
   */
  authenticate(
    authorization: string | undefined,
    request?: GateRequest | undefined,
  ): GateAnswer<Claims> | Promise<GateAnswer<Claims>>
  /**
   * What the response to a request that passed must carry, unless the application has set it: no cache may mix up users,
   * and pages of other origins may read it if the request had a token, or if their origin is allowed.
   *
   * @param origin The `Origin` header of the request. Only browsers send one, and only they need to be told.
   */
  responseHeaders(
    accessToken: GrantedToken | undefined,
    origin: string | null | undefined,
  ): Readonly<Record<string, string>>
  /**
   * Looks at the token of a request as long as its response is open, and calls `end` once when it does not hold any more:
   * within a second after it expires, and within the provider's `revocationLag` of a revocation. An outage ends nothing.
   *
   * @param authorization The `Authorization` header of the request.
   * @param end Gets what a client is told who comes with this token now.
   * @returns What to call when the response has ended by itself.
   */
  watch(
    accessToken: AccessToken<object>,
    authorization: string | undefined,
    end: (refusal: HttpResponse) => void,
  ): () => void
  /**
   * The 403 for a token that lacks scopes which this operation needs besides the gate's own, and the 401 for an
   * anonymous request. `undefined` if the request may pass.
   */
  refuseMissingScopes(
    accessToken: GrantedToken | undefined,
    scopes: readonly string[],
  ): HttpResponse | undefined
  /**
   * What to answer a JSON-RPC request whose tool calls need scopes that the token lacks: 403 with all of them, or 401
   * if there is no token; 400 if it cannot be told for sure which tools it calls. `undefined` if the request may pass.
   *
   * Only GET, HEAD, DELETE and OPTIONS, in this spelling, call no tool; a method other than these and POST is 405.
   *
   * @param body The parsed body, or its text or bytes.
   * @throws `TypeError` for a POST without a body: then nobody has read it yet, and nobody would check it later.
   */
  refuseToolCalls(
    accessToken: GrantedToken | undefined,
    method: string,
    body: unknown,
    toolScopes: ToolScopes,
    options?: ToolScopesOptions | undefined,
  ): HttpResponse | undefined
}

/**
 * Makes the gate of a protected resource: 401 with a challenge for a missing or bad token, 403 with every scope of
 * the operation for one that carries too little, 503 when nobody could tell.
 *
 * @throws `TypeError` if the provider does not know yet which resource it protects, for `scopes` that are none or
 * that no token can have, and for unknown options.
 * @see [RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
export function createBearerGate<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  options: BearerGateOptions = {},
): BearerGate<Claims> {
  checkVerifyingProvider({ name: 'requireBearerAuth', call: 'requireBearerAuth(auth)' }, provider)
  refuseUnknownOptions('requireBearerAuth', options, optionNames, { remedies })
  const resource = boundResource(provider, options.mcpPath)
  const { impliesScope, impliesScopeOfSources, requiredScopes, requiredScopesOfSources } = provider
  const rules: ScopeRules =
    options.scopes === undefined
      ? { requiredScopes, requiredScopesOfSources, impliesScope, impliesScopeOfSources }
      : { requiredScopes: checkedScopes('scopes', options.scopes), impliesScope }
  /** Which source a token is of, where its scopes mean what that source says. It is not written down anywhere else. */
  const sourceOf = impliesScopeOfSources === undefined ? undefined : new WeakMap<object, number>()
  /** What is asked of a request without a valid token. */
  const base = baseScopes(rules)
  const emit = givenListener(options.onEvent) ?? listenerOf(provider)
  const resourceMetadataUrl = provider.getResourceMetadataUrl?.(options.mcpPath)
  const memory = verdictMemoryOf(provider)
  /** What the token that was recalled last needs. One variable for all, because nothing is awaited before it is read. */
  let recalledRequired: readonly string[] | undefined
  const forResource = {
    resource,
    reportRequired: (scopes: readonly string[]) => {
      recalledRequired = scopes
    },
  }
  checkGrantableScopes(
    provider,
    rules.requiredScopes,
    `requireBearerAuth: ${options.scopes === undefined ? '"requiredScopes"' : '"scopes"'} needs`,
  )
  const checkToolScopes = toolScopesCheck(provider)
  const isAllowedPage = checkedOrigins('requireBearerAuth: "allowedOrigins"', options.allowedOrigins ?? [], [
    resource,
    provider.baseUrl,
  ])
  const anonymous = anonymousRule(options, isAllowedPage)
  const challengeScopes = (scopes: readonly string[]) => provider.getChallengeScopes?.(scopes) ?? scopes

  function refuse(
    code: 'invalid_request' | 'invalid_token' | 'insufficient_scope',
    description: string,
    scopes = base,
    more: readonly string[] = [],
  ): HttpResponse {
    const challenge = bearerChallenge({
      resourceMetadataUrl,
      scopes: [...new Set([...challengeScopes(scopes), ...more])],
      error: code,
      description,
    })
    return withHeaders(errorResponse(new OAuthError(code, description, { challenge })), corsHeaders)
  }

  /** No `error` here: a client without a token did nothing wrong (RFC 6750 section 3.1). */
  function askForToken(scopes: readonly string[]): HttpResponse {
    const challenge = bearerChallenge({ resourceMetadataUrl, scopes: challengeScopes(scopes) })
    return noStoreEmpty(401, { ...corsHeaders, 'www-authenticate': challenge })
  }

  const withoutToken: GateAnswer<Claims> = { refusal: askForToken(base) }
  /** Clients take it for a server without streams and sessions, and go on. At a 401, they would ask the user to sign in. */
  const withoutStream: GateAnswer<Claims> = {
    refusal: withHeaders(methodNotAllowedResponse('POST'), withoutToken.refusal.headers),
  }
  const notAllowed: GateAnswer<Claims> = { refusal: withHeaders(originNotAllowedResponse(), corsHeaders) }

  /**
   * A known token is known as it was when it was read properly, so nothing else of the header need be looked at. One that
   * has expired meanwhile is for verification to judge.
   */
  function recall(authorization: string | undefined): AccessToken<Claims> | undefined {
    if (authorization?.startsWith('Bearer ') !== true) return undefined
    recalledRequired = undefined
    try {
      const known = memory.recall(authorization.slice('Bearer '.length), forResource)
      return known !== undefined && hasExpired(known, provider) ? undefined : known
    } catch {
      // A clock or a getter of the application has failed, which verification will find, too, and can answer.
      return undefined
    }
  }

  async function admitAnonymous(request: GateRequest | undefined): Promise<GateAnswer<Claims>> {
    if (request === undefined) return withoutToken
    const verdict = await anonymous.judge(request)
    return verdict === 'public' ? {} : verdict === 'needs_token' ? withoutToken : withoutStream
  }

  async function verify(
    authorization: string | undefined,
    request: GateRequest | undefined,
  ): Promise<GateAnswer<Claims>> {
    const credentials = readBearerCredentials(authorization)
    if (credentials.kind === 'none') return admitAnonymous(request)
    if (credentials.kind === 'malformed') {
      reportRejection(emit, { reason: 'malformed' })
      return { refusal: refuse(credentials.error, 'The bearer token is malformed.') }
    }

    try {
      const { accessToken, required, ended } = await ask(credentials.token)
      if (accessToken !== null && !hasExpired(accessToken, provider)) return admit(accessToken, required)
      if (accessToken !== null) reportRejection(emit, { reason: 'expired' })
      return { refusal: refuseInvalid(ended) }
    } catch (error) {
      reportFailure(emit, error)
      return { refusal: outage(error) }
    }
  }

  /** What the provider says of a token: its verdict, what the token needs, and what is left of one that has ended. */
  async function ask(token: string): Promise<{
    readonly accessToken: AccessToken<Claims> | null
    readonly required?: readonly string[]
    readonly ended?: EndedToken
  }> {
    const said: { required?: readonly string[]; ended?: EndedToken } = {}
    const accessToken = await askProvider(provider, token, {
      resource,
      onEvent: emit,
      reportRequired(scopes) {
        said.required = scopes
      },
      reportEnded(ended) {
        said.ended = ended
      },
    })
    return { accessToken, ...said }
  }

  function refuseInvalid(ended?: EndedToken): HttpResponse {
    const description = 'The access token is invalid, expired or revoked. Get a new one and try again.'
    // A client asks the user for exactly what a challenge names, and would come back with less than it had.
    return refuse('invalid_token', description, base, ended?.scopes)
  }

  function outage(error: unknown): HttpResponse {
    return withHeaders(errorResponse(outageOf(error)), corsHeaders)
  }

  /** Only beside a valid token: what else is wrong with a request comes first. */
  async function withoutForm(
    answer: GateAnswer<Claims> | Promise<GateAnswer<Claims>>,
  ): Promise<GateAnswer<Claims>> {
    const settled = await answer
    if (settled.accessToken === undefined) return settled
    return { refusal: refuse('invalid_request', 'A form can carry a second token. Send the body as JSON.') }
  }

  /** @param said What the provider says that this token needs. It counts only if the provider says so for good. */
  function admit(accessToken: AccessToken<Claims>, said: readonly string[] | undefined): GateAnswer<Claims> {
    const i = said === undefined ? -1 : (requiredScopesOfSources?.indexOf(said) ?? -1)
    if (i >= 0) sourceOf?.set(accessToken, i)
    const refusal = refuseMissing(accessToken, requiredOf(i), impliesIn(i))
    return refusal === undefined ? { accessToken } : { refusal }
  }

  /** What the tokens of a source need. Of none: -1. */
  function requiredOf(i: number): readonly string[] {
    return rules.requiredScopesOfSources?.[i] ?? rules.requiredScopes
  }

  function impliesIn(i: number): ImpliesScope | undefined {
    return i < 0 ? impliesScope : impliesScopeOf(i, provider)
  }

  function impliesScopeFailed(cause: unknown): HttpResponse {
    emit({ type: 'source.unavailable', source: 'implies_scope', cause })
    return outage(cause)
  }

  function refuseMissing(
    accessToken: GrantedToken,
    needed: readonly string[],
    implies: ImpliesScope | undefined,
  ): HttpResponse | undefined {
    try {
      if (hasScopes(accessToken.scopes, needed, implies)) return undefined
    } catch (cause) {
      return impliesScopeFailed(cause)
    }
    return refuseScopes(accessToken, needed)
  }

  function refuseScopes(accessToken: GrantedToken, needed: readonly string[]): HttpResponse {
    const { clientId, subject } = accessToken
    emit({ type: 'scope.missing', clientId, subject, scopes: needed })
    provider.noteScopeChallenge?.(accessToken)
    return refuse('insufficient_scope', 'The access token lacks a scope that this operation needs.', needed)
  }

  function refuseMissingScopes(
    accessToken: GrantedToken | undefined,
    scopes: readonly string[],
  ): HttpResponse | undefined {
    if (accessToken === undefined) return askForToken([...new Set([...base, ...scopes])])
    if (scopes.length === 0) return undefined
    const i = sourceOf?.get(accessToken)
    const rulesOfToken =
      i === undefined ? rules : { requiredScopes: requiredOf(i), impliesScope: impliesIn(i) }
    try {
      const { needed, isHeld } = scopesForOperation(accessToken.scopes, scopes, rulesOfToken)
      return isHeld ? undefined : refuseScopes(accessToken, needed)
    } catch (cause) {
      return impliesScopeFailed(cause)
    }
  }

  /** What has become of the token of a response that is still open. */
  function checkOf(accessToken: AccessToken<object>, token: string): TokenCheck<HttpResponse> {
    let latest = accessToken
    let askedAt: number | undefined
    let isAsking = false
    /** Questions since somebody could tell the last time. */
    let failures = 0
    // What was verified a moment ago is remembered, where anything is: if it is not, it was forgotten for a reason.
    let isKnown = memory.isOurs()

    function isDue(now: number): boolean {
      askedAt ??= now
      const lag = provider.revocationLag ?? askAgain
      const waited = secondsBetween(now, askedAt)
      if (failures > 0) return waited >= Math.max(1, Math.min(lag, pauseAfter(failures)))
      const isOverdue = isExpiryPresumed(latest) && hasExpired(latest, { now: () => now })
      return isKnown || isOverdue || waited >= Math.max(1, lag)
    }

    async function askOnceMore(): Promise<HttpResponse | undefined> {
      isAsking = true
      try {
        const { accessToken, required, ended } = await ask(token)
        if (accessToken === null || hasExpired(accessToken, provider)) return refuseInvalid(ended)
        latest = accessToken
        const { refusal } = admit(accessToken, required)
        const isOutage = refusal !== undefined && refusal.status >= 500
        failures = isOutage ? failures + 1 : 0
        return isOutage ? undefined : refusal
      } catch (error) {
        // Nobody can tell. It goes on until somebody can, and at most until the token expires.
        failures += 1
        reportFailure(emit, error)
        return undefined
      } finally {
        isAsking = false
      }
    }

    return function check() {
      try {
        if (!isExpiryPresumed(latest) && hasExpired(latest, provider)) return refuseInvalid()
        if (isAsking) return undefined
        if (memory.recall(token, forResource) !== undefined) {
          isKnown = true
          failures = 0
          return undefined
        }
        const now = provider.now?.() ?? systemClock()
        if (!isDue(now)) return undefined
        isKnown = false
        askedAt = now
        return askOnceMore()
      } catch (error) {
        // A clock or a getter of the application has failed: the next look may do better.
        reportFailure(emit, error)
        return undefined
      }
    }
  }

  /** Whether a page calls whose origin is not allowed. Where every page may call, nobody looks. */
  function isFromOtherPage(request: GateRequest | undefined): boolean {
    if (options.allowedOrigins === undefined) return false
    const origin = request?.header('origin') ?? undefined
    return request === undefined || (origin !== undefined && !isAllowedPage(origin))
  }

  return {
    authenticate(authorization, request) {
      if (isFromOtherPage(request)) return notAllowed
      const known = recall(authorization)
      const answer = known === undefined ? verify(authorization, request) : admit(known, recalledRequired)
      return request === undefined || !isForm(request) ? answer : withoutForm(answer)
    },

    responseHeaders(accessToken, origin) {
      if ((origin ?? undefined) === undefined) return accessToken === undefined ? variesByPage : variesByToken
      if (accessToken !== undefined) return readableByPages
      // The page was allowed: others have been refused.
      return options.allowedOrigins === undefined
        ? variesByPage
        : { ...variesByPage, ...corsHeaders, 'access-control-allow-origin': origin as string }
    },

    watch(accessToken, authorization, end) {
      const credentials = readBearerCredentials(authorization)
      const token = credentials.kind === 'token' ? credentials.token : accessToken.token
      return watchToken(checkOf(accessToken, token), end)
    },

    refuseMissingScopes,

    refuseToolCalls(accessToken, method, body, toolScopes, { refuseUnnamedTools = false } = {}) {
      checkToolScopes(toolScopes)
      if (!isMcpMethod(method)) return methodNotAllowedResponse()
      if (method !== 'POST') return undefined
      const read = readJsonRpc(body)
      if (read === undefined) return parseErrorResponse()
      if (hasUnclearMessage(read.message)) return invalidRequestResponse()
      const unnamed = refuseUnnamedTools
        ? unnamedCall(read.message, toolScopes, anonymous.isPublicTool)
        : undefined
      if (unnamed !== undefined) return unknownToolResponse(unnamed.id)
      const scopes = scopesOfToolCalls(read.message, toolScopes)
      return scopes === undefined ? undefined : refuseMissingScopes(accessToken, scopes)
    },
  }
}

/** Also for a time that is no number: then nobody knows when it ends. */
function hasExpired(
  { expiresAt }: Pick<AccessToken, 'expiresAt'>,
  provider: Pick<AuthProviderLike, 'now' | 'clockTolerance'>,
): boolean {
  if (expiresAt === undefined) return false
  const now = provider.now?.() ?? systemClock()
  // Nearly always.
  if (expiresAt > now) return false
  const tolerance = Math.min(provider.clockTolerance ?? 0, longestTolerance)
  return !(expiresAt > now - tolerance)
}

/** What caches need to know of every response: it is for the one who sent the token. */
const variesByToken = { vary: 'Authorization' } as const

/** The same where a page of another origin would have been asked for a token. */
const variesByPage = { vary: 'Authorization, Origin' } as const

/** A page brings the token, so nothing depends on cookies, and any page may read what it is answered. */
const readableByPages = { ...variesByToken, ...corsHeaders } as const

/**
 * Seconds after which a provider that does not say how fast it notices a revocation is asked again about the token of a
 * response that is still open, unless it remembers the token.
 */
const askAgain = 60

/** Seconds after which a question that nobody could answer is asked again, after so many in a row: more and more of them. */
function pauseAfter(failures: number): number {
  return Math.min(5 * 2 ** (failures - 1), askAgain)
}

/** Seconds by which a verifier may forgive an expiry: longer than that, clocks do not differ. */
const longestTolerance = 60
