import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** Stands for a private key from a file or the environment. */
export const privateJwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256' }

/** Stands for its public half. */
export const publicJwk = { ...publicKey.export({ format: 'jwk' }), alg: 'ES256' }

interface Command {
  readonly Message: Uint8Array
  readonly [name: string]: unknown
}

/** Stands for the client of a key management service, whose signatures are DER. */
export const kms: { sign(command: Command): Promise<{ Signature: Uint8Array }> } = {
  sign: async ({ Message }) => ({ Signature: createSign('sha256').update(Message).sign(privateKey) }),
}

/** Stands for a secret that two servers share. */
export const sharedSecret = randomBytes(32).toString('base64url')

/** Stands for the application's table of API keys. */
export const apiKeys = {
  find: async (key: string) =>
    key === 'key-of-alice'
      ? {
          id: 'key-1',
          owner: 'alice',
          scopes: ['notes:read'],
          expiresAt: Math.floor(Date.now() / 1000) + 3600,
        }
      : undefined,
}
