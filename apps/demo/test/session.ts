import { expect } from 'vitest'
import type { ExampleServer } from '../src/example-server.js'
import { HeadlessUser, type Visit } from '../src/headless-user.js'
import { InMemoryOAuthClient } from '../src/in-memory-oauth-client.js'
import {
  type ConnectOfficialClient,
  clientOfSdkV1,
  clientOfSdkV2,
  type OfficialClient,
} from '../src/official-clients.js'
import { type Exchange, recordedFetch } from '../src/recorded-fetch.js'

export const officialClients: Readonly<Record<string, ConnectOfficialClient>> = {
  '@modelcontextprotocol/sdk': clientOfSdkV1,
  '@modelcontextprotocol/client': clientOfSdkV2,
  '@modelcontextprotocol/client with version negotiation': (...settings) =>
    clientOfSdkV2(...settings, 'auto'),
}

/** An official client, its user, and the requests that it sent. */
export class Session {
  readonly oauth = new InMemoryOAuthClient('Test client')
  readonly user = new HeadlessUser()
  readonly exchanges: Exchange[] = []
  readonly client: OfficialClient

  constructor(server: Pick<ExampleServer, 'mcpUrl'>, connectClient: ConnectOfficialClient = clientOfSdkV2) {
    this.client = connectClient(server.mcpUrl, this.oauth, recordedFetch(this.exchanges))
  }

  /** Connects and signs in. */
  async connect(): Promise<void> {
    await this.expectSignInRequest(this.client.connect())
    await this.client.finishSignIn(await this.visit())
    await this.client.connect()
  }

  async expectSignInRequest(call: Promise<unknown>): Promise<void> {
    const error: unknown = await call.catch((reason: unknown) => reason)
    expect(this.client.isWaitingForSignIn(error), String(error)).toBe(true)
  }

  visit(decision: Visit['decision'] = 'allow'): Promise<URL> {
    return this.user.visit(this.oauth.authorizationUrl, { redirectUri: this.oauth.redirectUrl, decision })
  }

  /** The requests since the last call, as `about status`. */
  takeExchanges(): string[] {
    return this.exchanges
      .splice(0)
      .map(({ about, url, status }) => `${about ?? new URL(url).pathname} ${status}`)
  }
}
