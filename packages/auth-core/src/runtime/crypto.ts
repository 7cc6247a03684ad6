import * as base64url from 'jose/base64url'
import { nodeBuiltin } from './node-builtin.js'

const encoder = new TextEncoder()
const { createHmac: nodeHmac, hash } = nodeBuiltin('node:crypto')
// Tried before they are relied on: not every runtime that has Node's functions has all of what they do.
const nodeHash = /* @__PURE__ */ ifIs('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0', hash, (digest) =>
  digest('sha256', 'abc', 'base64url'),
)
const createHmac = /* @__PURE__ */ ifIs('W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM', nodeHmac, (hmac) =>
  hmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('base64url'),
)
const { Buffer: NodeBuffer } = nodeBuiltin('node:buffer')

/** A function, if it makes what is known that it must make. */
function ifIs<F>(expected: string, made: F | undefined, make: (made: F) => string): F | undefined {
  try {
    return made !== undefined && make(made) === expected ? made : undefined
  } catch {
    return undefined
  }
}

/** A random string of the URL-safe base64 alphabet. 32 bytes (the default) make 43 characters. */
export function randomToken(bytes = 32): string {
  return base64urlOf(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** Base64url without padding. */
export function base64urlOf(data: Uint8Array | string): string {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data
  return NodeBuffer === undefined
    ? base64url.encode(bytes)
    : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** The SHA-256 digest of a text, in base64url without padding. At once where that can be had. */
export function sha256(text: string): string | Promise<string> {
  return nodeHash === undefined ? webSha256(text) : nodeHash('sha256', text, 'base64url')
}

async function webSha256(text: string): Promise<string> {
  return base64urlOf(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}

/** A text of 256 bits that only who has both the secret and the text can make: HMAC with SHA-256, in base64url. */
export async function hmacSha256(secret: string, text: string): Promise<string> {
  if (createHmac !== undefined) return createHmac('sha256', secret).update(text).digest('base64url')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  return base64urlOf(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))))
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
