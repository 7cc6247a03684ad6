import type { AccessToken } from '../contract/access-token.js'
import type { HttpResponse } from '../http/http-response.js'
import type { ToolScopes, ToolScopesOptions } from '../mcp/tool-scopes.js'
import type { GrantedToken } from './refusals/scope-check.js'
import type { GateRequest } from './request/gate-request.js'

/**
 * Either the verified token, or the response to send instead of calling the handler. Without either, an anonymous request
 * may pass, because it uses only what `allowAnonymous` lists.
 */
export type GateAnswer<Claims extends object = Record<string, unknown>> =
  | { readonly accessToken: AccessToken<Claims>; readonly refusal?: undefined }
  | { readonly accessToken?: undefined; readonly refusal: HttpResponse }
  | { readonly accessToken?: undefined; readonly refusal?: undefined }

/** Decides whether a request may pass. Adapters put it in front of the MCP handler. */
export interface BearerGate<Claims extends object = Record<string, unknown>> {
  /**
   * Verifies the token of an `Authorization` header. Returns synchronously for a cached token, which saves a trip through
   * the event loop. Neither throws nor rejects.
   *
   * A token anywhere else does not count (MCP, Token Requirements). A form could carry a second one, which a client must
   * not send (RFC 6750 section 2): beside a valid token, a form is refused with 400 by its media type. No body is read for
   * that.
   *
   * @param request Its members are read only when they are needed. Without it, the gate looks at the header alone, and no
   * anonymous request passes.
   */
  authenticate(
    authorization: string | undefined,
    request?: GateRequest | undefined,
  ): GateAnswer<Claims> | Promise<GateAnswer<Claims>>
  /**
   * Returns the headers that the response to an admitted request must have, unless the application has set them. They keep
   * caches from mixing up users. Pages of other origins may read the response if the request had a token, or if their
   * origin is allowed.
   *
   * @param origin The `Origin` header of the request. Only browsers send one.
   */
  responseHeaders(
    accessToken: GrantedToken | undefined,
    origin: string | null | undefined,
  ): Readonly<Record<string, string>>
  /**
   * Watches the token of a request while its response is open. Calls `end` once when the token stops being valid: within a
   * second of its expiry, and within the provider's `revocationLag` of a revocation. An outage ends nothing.
   *
   * @param authorization The `Authorization` header of the request.
   * @param end Gets the response that a new request with this token would get.
   * @returns A function that stops watching. Call it when the response has ended.
   */
  watch(
    accessToken: AccessToken<object>,
    authorization: string | undefined,
    end: (refusal: HttpResponse) => void,
  ): () => void
  /**
   * Returns the 403 for a token that lacks scopes which this operation needs besides the gate's own, and the 401 for an
   * anonymous request. `undefined` if the request may pass.
   */
  refuseMissingScopes(
    accessToken: GrantedToken | undefined,
    scopes: readonly string[],
  ): HttpResponse | undefined
  /**
   * Returns the refusal of a JSON-RPC request whose tool calls need scopes that the token lacks: 403 with all of them, or
   * 401 without a token. 400 if it is unclear which tools are called. `undefined` if the request may pass.
   *
   * GET, HEAD, DELETE and OPTIONS, in this spelling, call no tool. Methods other than these and POST get a 405.
   *
   * @param body The parsed body, or its text or bytes.
   * @throws `TypeError` for a POST without a body: it has not been read yet, so its calls could not be checked.
   */
  refuseToolCalls(
    accessToken: GrantedToken | undefined,
    method: string,
    body: unknown,
    toolScopes: ToolScopes,
    options?: ToolScopesOptions | undefined,
  ): HttpResponse | undefined
}
