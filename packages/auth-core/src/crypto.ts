import * as base64url from 'jose/base64url'

const encoder = new TextEncoder()

/** What Node computes at once. WebCrypto goes through a thread pool for it, and costs as much as a signature. */
interface NodeCrypto {
  hash(algorithm: 'sha256', text: string, encoding: 'base64url'): string
  createHmac(algorithm: 'sha256', secret: string): NodeHmac
}

interface NodeHmac {
  update(text: string): NodeHmac
  digest(encoding: 'base64url'): string
}

/** Asked for at run time, because the core imports nothing of Node: other runtimes do without. */
const { hash: nodeHash, createHmac }: Partial<NodeCrypto> =
  (
    globalThis as {
      process?: { getBuiltinModule?: (name: string) => Partial<NodeCrypto> | undefined }
    }
  ).process?.getBuiltinModule?.('node:crypto') ?? {}

/** A random string of the URL-safe base64 alphabet. 32 bytes (the default) make 43 characters. */
export function randomToken(bytes = 32): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** The SHA-256 digest of a text, in base64url without padding. */
export async function sha256(text: string): Promise<string> {
  if (nodeHash !== undefined) return nodeHash('sha256', text, 'base64url')
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}

/** A text of 256 bits that only who has both the secret and the text can make: HMAC with SHA-256, in base64url. */
export async function hmacSha256(secret: string, text: string): Promise<string> {
  if (createHmac !== undefined) return createHmac('sha256', secret).update(text).digest('base64url')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))))
}

/** A digest for a key in this process's memory: the text itself where a digest cannot be had at once. */
export function fastDigest(text: string): string {
  return nodeHash === undefined ? text : nodeHash('sha256', text, 'base64url')
}

/** Compares two strings in a time that depends on their lengths alone. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
