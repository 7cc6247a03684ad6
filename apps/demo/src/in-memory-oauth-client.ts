import { randomUUID } from 'node:crypto'
import type {
  OAuthClientProvider as OAuthClientProviderV2,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { OAuthClientProvider as OAuthClientProviderV1 } from '@modelcontextprotocol/sdk/client/auth.js'

/** The state of a client, in memory. A real client uses the system's keychain. Serves both SDKs. */
export class InMemoryOAuthClient implements OAuthClientProviderV1, OAuthClientProviderV2 {
  readonly redirectUrl: string
  /** The URL of the client's metadata document, with which it need not register. */
  readonly clientMetadataUrl?: string
  readonly clientMetadata: OAuthClientProviderV1['clientMetadata'] & OAuthClientProviderV2['clientMetadata']
  /** How often the SDK has sent the user to the authorization server. */
  signIns = 0
  #registration: StoredOAuthClientInformation | undefined
  #tokens: StoredOAuthTokens | undefined
  #discovery: OAuthDiscoveryState | undefined
  #authorizationUrl: URL | undefined
  #codeVerifier: string | undefined
  #state: string | undefined

  constructor(clientName: string, clientMetadataUrl?: string) {
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl
    // Nothing listens there: the headless user stops before the request.
    this.redirectUrl = 'http://127.0.0.1:8976/callback'
    this.clientMetadata = {
      client_name: clientName,
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  }

  state(): string {
    this.#state = randomUUID()
    return this.#state
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.#registration
  }

  saveClientInformation(registration: StoredOAuthClientInformation): void {
    this.#registration = registration
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery
  }

  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    this.#discovery = discovery
  }

  redirectToAuthorization(authorizationUrl: URL): void {
    this.signIns += 1
    this.#authorizationUrl = authorizationUrl
  }

  saveCodeVerifier(codeVerifier: string): void {
    this.#codeVerifier = codeVerifier
  }

  codeVerifier(): string {
    if (this.#codeVerifier === undefined) throw new Error('No authorization is in progress')
    return this.#codeVerifier
  }

  invalidateCredentials(what: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (what === 'all' || what === 'client') this.#registration = undefined
    if (what === 'all' || what === 'tokens') this.#tokens = undefined
    if (what === 'all' || what === 'verifier') this.#codeVerifier = undefined
    if (what === 'all' || what === 'discovery') this.#discovery = undefined
  }

  /** Where the SDK wants the user's browser to go. */
  get authorizationUrl(): URL {
    if (this.#authorizationUrl === undefined) throw new Error('The client has not requested a sign-in')
    return this.#authorizationUrl
  }

  /** Checks the application's part of an authorization response. The SDK does the rest. */
  checkCallback(callback: URL): void {
    if (callback.searchParams.get('state') !== this.#state)
      throw new Error('The callback has the wrong state')
  }

  /** Makes the access token invalid, as expiry would, and keeps the refresh token. */
  spoilAccessToken(): void {
    if (this.#tokens === undefined) throw new Error('The client has no access token')
    this.#tokens = { ...this.#tokens, access_token: 'spoiled' }
  }

  forgetRefreshToken(): void {
    if (this.#tokens === undefined) return
    const { refresh_token: _forgotten, ...tokens } = this.#tokens
    this.#tokens = tokens
  }
}
