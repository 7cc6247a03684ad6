import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { TokenSource } from './contender.js'

export const resource = 'https://bench.example/mcp'
export const issuer = 'https://issuer.example'

export interface TestIssuer extends TokenSource {
  mint(): Promise<string>
  close(): void
}

/** An issuer for all contenders: one key, published on loopback. */
export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    jwk,
    jwksUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    mint: () =>
      new SignJWT({ client_id: 'bench-client', scope: 'notes:read', name: 'Somebody' })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(resource)
        .setSubject('somebody')
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime('2h')
        .sign(privateKey),
    close: () => server.close(),
  }
}
