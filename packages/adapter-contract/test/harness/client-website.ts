import type { Fetch } from '@tollgate/auth-core'
import { createFetchPublic } from '../../../auth-core/src/outbound/fetch-public.node.js'
import { clientDocument, documentUrl } from '../../../auth-core/test/harness/client-document.js'
import { json, status } from '../../../auth-core/test/harness/loopback-server.js'
import {
  clientCertificate,
  startTlsServer,
  type TlsServer,
} from '../../../auth-core/test/harness/tls-server.js'
import type { RegisteredClient } from './oauth-driver.js'

export { documentUrl }

/** The website of a client with its metadata document, as a real TLS server. */
export interface ClientWebsite extends Pick<TlsServer, 'requests' | 'answerWith' | 'close'> {
  /** Publishes a valid document with some changes. */
  publish(changes?: Readonly<Record<string, unknown>>): void
  /** Responds to everything with an error. */
  breakDown(): void
  /** The library's own fetch, in a network where every name leads to this website. */
  readonly fetch: Fetch
}

export async function startClientWebsite(): Promise<ClientWebsite> {
  const server = await startTlsServer(json(clientDocument()))
  return {
    ...server,
    publish: (changes) => server.answerWith(json(clientDocument(changes))),
    breakDown: () => server.answerWith(status(500)),
    fetch: createFetchPublic({
      resolve: async () => ['127.0.0.1'],
      isPublic: (address) => address === '127.0.0.1',
      connection: { port: server.port, ca: clientCertificate },
    }),
  }
}

/** The client as drivers need it. It has registered nowhere. */
export function documentClient(redirectUri: string, clientId = documentUrl): RegisteredClient {
  return { client_id: clientId, redirect_uris: [redirectUri] }
}
