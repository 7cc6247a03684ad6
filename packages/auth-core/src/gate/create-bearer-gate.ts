import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import { baseScopes, type ScopeRules } from '../contract/required-scopes.js'
import { givenListener, listenerOf, reportFailure, reportRejection } from '../events/listener.js'
import { checkedOrigins } from '../http/allowed-origins.js'
import { corsHeaders } from '../http/cors.js'
import { withHeaders } from '../http/http-response.js'
import { methodNotAllowedResponse, originNotAllowedResponse } from '../mcp/mcp-endpoint.js'
import { checkVerifyingProvider } from '../options/provider-argument.js'
import type { BearerGate, GateAnswer } from './bearer-gate.js'
import { expectedResource } from './expected-resource.js'
import { type BearerGateOptions, checkedGateOptions } from './gate-options.js'
import { createRefusals } from './refusals/bearer-challenge.js'
import { checkGrantableScopes } from './refusals/grantable-scopes.js'
import { responseHeaders } from './refusals/response-headers.js'
import { createScopeCheck } from './refusals/scope-check.js'
import { anonymousRule } from './request/anonymous-access.js'
import { readBearerCredentials } from './request/bearer-credentials.js'
import { isForm } from './request/form.js'
import type { GateRequest } from './request/gate-request.js'
import { createToolCallCheck } from './tool-call-check.js'
import { askProvider } from './verdict/ask-provider.js'
import { CachedTokens } from './verdict/cached-token.js'
import { hasExpired } from './verdict/expiry.js'
import { recheckToken } from './verdict/recheck-token.js'
import { watchToken } from './verdict/token-watch.js'

/**
 * Creates the gate of a protected resource. It responds 401 with a challenge to a missing or invalid token, 403 with every
 * scope of the operation to a token that lacks one, and 503 if neither could be decided.
 *
 * @throws `TypeError` if the provider does not know yet which resource it protects, for invalid and unknown options, and
 * for scopes that no token can have.
 * @see [RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
export function createBearerGate<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  givenOptions: BearerGateOptions = {},
): BearerGate<Claims> {
  checkVerifyingProvider({ name: 'requireBearerAuth', call: 'requireBearerAuth(auth)' }, provider)
  const options = checkedGateOptions(givenOptions)
  const resource = expectedResource(provider, options.mcpPath)
  const rules = rulesOf(provider, options.scopes)
  const base = baseScopes(rules)
  const emit = givenListener(options.onEvent) ?? listenerOf(provider)
  checkGrantableScopes(
    provider,
    rules.requiredScopes,
    `requireBearerAuth: ${options.scopes === undefined ? '"requiredScopes"' : '"scopes"'} needs`,
  )
  const areOriginsListed = options.allowedOrigins !== undefined
  const isAllowedPage = checkedOrigins('requireBearerAuth: "allowedOrigins"', options.allowedOrigins ?? [], [
    resource,
    provider.baseUrl,
  ])
  const anonymous = anonymousRule(options, isAllowedPage)
  const refusals = createRefusals(provider, base, options.mcpPath)
  const scopeCheck = createScopeCheck(provider, rules, refusals, emit)
  const cached = new CachedTokens(provider, resource)
  const ask = (token: string) => askProvider(provider, token, { resource, onEvent: emit })
  const recheck = { provider, cached, refusals, scopeCheck, emit, ask }

  const withoutToken: GateAnswer<Claims> = { refusal: refusals.withoutToken(base) }
  /** To clients, a server without streams and sessions. At a 401, they would ask the user to sign in. */
  const withoutStream: GateAnswer<Claims> = {
    refusal: withHeaders(methodNotAllowedResponse('POST'), withoutToken.refusal.headers),
  }
  const fromOtherPage: GateAnswer<Claims> = { refusal: withHeaders(originNotAllowedResponse(), corsHeaders) }

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
      return { refusal: refusals.malformedToken(credentials.error) }
    }
    try {
      const { accessToken, required, ended } = await ask(credentials.token)
      if (accessToken !== null && !hasExpired(accessToken, provider)) return admit(accessToken, required)
      if (accessToken !== null) reportRejection(emit, { reason: 'expired' })
      return { refusal: refusals.invalidToken(ended) }
    } catch (error) {
      reportFailure(emit, error)
      return { refusal: refusals.outage(error) }
    }
  }

  function admit(
    accessToken: AccessToken<Claims>,
    reported: readonly string[] | undefined,
  ): GateAnswer<Claims> {
    const refusal = scopeCheck.refuseAdmission(accessToken, reported)
    return refusal === undefined ? { accessToken } : { refusal }
  }

  /** Only beside a valid token: everything else that is wrong with the request comes first. */
  async function refuseForm(
    answer: GateAnswer<Claims> | Promise<GateAnswer<Claims>>,
  ): Promise<GateAnswer<Claims>> {
    const settled = await answer
    return settled.accessToken === undefined ? settled : { refusal: refusals.form() }
  }

  /** Without `allowedOrigins`, the header is not read. */
  function isFromOtherPage(request: GateRequest | undefined): boolean {
    if (!areOriginsListed) return false
    const origin = request?.header('origin') ?? undefined
    return request === undefined || (origin !== undefined && !isAllowedPage(origin))
  }

  return {
    authenticate(authorization, request) {
      if (isFromOtherPage(request)) return fromOtherPage
      const found = cached.find(authorization)
      const answer = found === undefined ? verify(authorization, request) : admit(found, cached.required)
      return request === undefined || !isForm(request) ? answer : refuseForm(answer)
    },

    responseHeaders: (accessToken, origin) =>
      responseHeaders(accessToken !== undefined, origin, areOriginsListed),

    watch(accessToken, authorization, end) {
      const credentials = readBearerCredentials(authorization)
      const token = credentials.kind === 'token' ? credentials.token : accessToken.token
      return watchToken(recheckToken(recheck, accessToken, token), end)
    },

    refuseMissingScopes: scopeCheck.refuseMissingScopes,
    refuseToolCalls: createToolCallCheck(provider, scopeCheck, anonymous.isPublicTool),
  }
}

/** The scopes that tokens need at a gate. Its own `scopes` replace everything that the provider requires. */
function rulesOf(
  { requiredScopes, requiredScopesOfSources, impliesScope, impliesScopeOfSources }: ScopeRules,
  scopes: readonly string[] | undefined,
): ScopeRules {
  return scopes === undefined
    ? { requiredScopes, requiredScopesOfSources, impliesScope, impliesScopeOfSources }
    : { requiredScopes: Object.freeze([...new Set(scopes)]), impliesScope }
}
