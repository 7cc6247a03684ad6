import type { JWK } from 'jose'

/**
 * What Node computes at once. WebCrypto goes through a thread pool for it, and jose through text of one character a byte,
 * which both cost more than what is computed.
 */
interface NodeModules {
  readonly 'node:crypto': {
    hash(algorithm: 'sha256', text: string, encoding: 'base64url'): string
    createHmac(algorithm: 'sha256', secret: string): NodeHmac
    createPrivateKey(key: { readonly key: JWK; readonly format: 'jwk' }): NodeKey
    sign(
      digest: 'sha256' | null,
      data: Uint8Array,
      key: { readonly key: NodeKey; readonly dsaEncoding: 'ieee-p1363' },
    ): Uint8Array
  }
  readonly 'node:buffer': {
    readonly Buffer: {
      from(data: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64url'): string }
    }
  }
}

interface NodeHmac {
  update(text: string): NodeHmac
  digest(encoding: 'base64url'): string
}

/** A key that Node has opened. */
type NodeKey = object

interface NodeLike {
  readonly process?: { getBuiltinModule?: (name: string) => object | undefined }
}

/** Asked for at run time, because the core imports nothing of Node: other runtimes do without, or with a part of it. */
export function nodeBuiltin<Name extends keyof NodeModules>(name: Name): Partial<NodeModules[Name]> {
  return (globalThis as NodeLike).process?.getBuiltinModule?.(name) ?? {}
}
