import { generateKeyPair, SignJWT } from 'jose'
import { issuer, resource } from '../../issuer.js'
import { accessTokenLifetime, clientId, scope, subject } from './client.js'

/** A token response with a JWT access token (RFC 9068), written with jose. */
export async function answerWithJose() {
  const { privateKey } = await generateKeyPair('ES256')
  return async function answer(refreshToken: string) {
    const token = await new SignJWT({ client_id: clientId, scope })
      .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(resource)
      .setSubject(subject)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${accessTokenLifetime}s`)
      .sign(privateKey)
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: accessTokenLifetime,
      scope,
      refresh_token: refreshToken,
    }
  }
}
