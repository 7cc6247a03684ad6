import type { JWK } from 'jose'

/**
 * Synchronous functions of Node. WebCrypto uses a thread pool for them, and jose converts bytes to text one by one: both cost
 * more than the computation.
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

/** A key object of Node. */
type NodeKey = object

interface NodeLike {
  readonly process?: { getBuiltinModule?: (name: string) => object | undefined }
}

/** A module of Node, found at run time, because the core imports nothing from Node. Other runtimes have none or a part. */
export function nodeBuiltin<Name extends keyof NodeModules>(name: Name): Partial<NodeModules[Name]> {
  return (globalThis as NodeLike).process?.getBuiltinModule?.(name) ?? {}
}
