import * as base64url from 'jose/base64url'
import { nodeBuiltin } from './node-builtin.js'

const encoder = new TextEncoder()
const { Buffer: NodeBuffer } = /* @__PURE__ */ nodeBuiltin('node:buffer')
const nodeCrypto = /* @__PURE__ */ nodeBuiltin('node:crypto')
const nodeHash = /* @__PURE__ */ working(
  nodeCrypto.hash,
  (hash) => hash('sha256', 'abc', 'base64url'),
  'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
)
const nodeHmac = /* @__PURE__ */ working(
  nodeCrypto.createHmac,
  (createHmac) => createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('base64url'),
  'W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM',
)

/**
 * Returns a function of the runtime if it computes a known answer, because some runtimes have only its name. The check runs
 * at first use, so that importing this module computes nothing.
 */
function working<F>(
  found: F | undefined,
  compute: (found: F) => string,
  expected: string,
): () => F | undefined {
  let usable: F | undefined
  let isChecked = false
  return () => {
    if (isChecked) return usable
    isChecked = true
    try {
      if (found !== undefined && compute(found) === expected) usable = found
    } catch {
      // The runtime has no such function.
    }
    return usable
  }
}

/** Returns random bytes as base64url. 32 bytes (the default) are 43 characters. */
export function randomToken(bytes = 32): string {
  return base64urlOf(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** Encodes bytes, or text as UTF-8, as base64url without padding. */
export function base64urlOf(data: Uint8Array | string): string {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data
  return NodeBuffer === undefined
    ? base64url.encode(bytes)
    : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** The SHA-256 digest of a text as base64url without padding. Synchronous if the runtime has a synchronous digest. */
export function sha256(text: string): string | Promise<string> {
  return syncSha256(text) ?? webSha256(text)
}

function syncSha256(text: string): string | undefined {
  return nodeHash()?.('sha256', text, 'base64url')
}

async function webSha256(text: string): Promise<string> {
  return base64urlOf(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}

/** HMAC with SHA-256 as base64url: 256 bits that only a holder of the secret can compute for this text. */
export async function hmacSha256(secret: string, text: string): Promise<string> {
  const createHmac = nodeHmac()
  if (createHmac !== undefined) return createHmac('sha256', secret).update(text).digest('base64url')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  return base64urlOf(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))))
}

/** A key for a map in memory: a digest, or the text itself if the runtime has no synchronous digest. */
export function fastDigest(text: string): string {
  return syncSha256(text) ?? text
}

/** Compares two strings in a time that depends only on their lengths. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
