import { Resolver } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { NotPublic } from './fetch-errors.js'
import type { Fetch } from './fetch-json.js'
import { guardedFetch } from './guarded-fetch.js'
import { addressOfHost } from './public-url.js'
import { shownUrl } from './shown-url.js'
import { isPublicAddress } from './special-purpose-address.js'

/** The network functions of a fetch from public addresses. */
export interface PublicNetwork {
  /** Resolves a name to all its addresses. */
  readonly resolve: (hostname: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Whether an address may be connected to. */
  readonly isPublic: (address: string) => boolean
  /** For servers at other ports than 443, or with certificates of their own. */
  readonly connection?: Pick<RequestOptions, 'port' | 'ca'>
}

const longestHeaders = 16 * 1024

/**
 * Creates a `fetch` for URLs that clients choose. It connects only to addresses that it has checked: all addresses of the
 * name must be public, it connects to one of them, and checks the remote address again. It reuses no connection, and
 * ignores proxies of the environment.
 *
 * Resolves and rejects as {@link guardedFetch} does.
 */
export function createFetchPublic({ resolve, isPublic, connection = {} }: PublicNetwork): Fetch {
  return guardedFetch(async (url, { headers, signal }) => {
    const { hostname } = new URL(url)
    const literal = addressOfHost(hostname)
    const addresses = literal === undefined ? await resolve(hostname, signal as AbortSignal) : [literal]
    if (addresses.length === 0) throw new Error(`${hostname} has no address`)
    if (!addresses.every((address) => isPublic(address)))
      throw new NotPublic(`${hostname} has an address that is not public`)
    return exchange(url, isPublic, {
      ...connection,
      headers: headers as Record<string, string>,
      signal: signal as AbortSignal,
      lookup: answering(addresses),
      // With `false`, Node would create an agent of the global agent's class, which may use a proxy.
      agent: new Agent(),
      // Regardless of the environment.
      rejectUnauthorized: true,
      maxHeaderSize: longestHeaders,
    })
  })
}

/** A lookup that returns the checked address. */
function answering(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_hostname, options, answer) => {
    const [first] = all
    if (options.all === true) answer(null, all)
    else answer(null, first?.address ?? '', first?.family)
  }
}

function exchange(
  url: string,
  isPublic: PublicNetwork['isPublic'],
  options: RequestOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const exchanged = request(url, options)
    exchanged.once('socket', (socket) => {
      socket.once('connect', () => {
        if (!isPublic(socket.remoteAddress ?? ''))
          exchanged.destroy(new NotPublic(`${shownUrl(url)} connected to another address`))
      })
    })
    exchanged.once('response', (message) => {
      try {
        resolve(toResponse(message))
      } catch (error) {
        exchanged.destroy()
        reject(error)
      }
    })
    // Not `once`: it may fail again while the body is read, which rejects the reader.
    exchanged.on('error', reject)
    exchanged.end()
  })
}

const decoders: ReadonlyMap<string, () => NodeJS.ReadWriteStream & Readable> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
] as const)

/** Statuses without a body. */
const withoutBody = new Set([204, 205, 304])

function toResponse(message: IncomingMessage): Response {
  const headers = new Headers()
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i] as string, message.rawHeaders[i + 1] as string)
  }
  const status = message.statusCode ?? 0
  if (withoutBody.has(status)) {
    message.destroy()
    return new Response(null, { status, headers })
  }
  return new Response(toWebStream(decoded(message, headers)), { status, headers })
}

/** Decodes a compressed body, never faster than it is read. Requests ask for none, but servers may send stored ones. */
function decoded(message: IncomingMessage, headers: Headers): Readable {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return message
  const decoder = decoders.get(encoding)?.()
  if (decoder === undefined) throw new Error('the body has an unknown encoding')
  headers.delete('content-encoding')
  headers.delete('content-length')
  // The reader gets the error.
  return pipeline(message, decoder, () => {})
}

/** Reads a chunk on demand. `Readable.toWeb` of Deno throws an uncaught error when cancelled. */
function toWebStream(body: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel() {
        // At once: ending the iteration would wait for the pending chunk.
        body.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Asks the name servers directly: the resolver of the system would block one of the few threads. */
async function resolveName(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 1000, tries: 2 })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  signal.removeEventListener('abort', cancel)
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length > 0) return addresses
  throw (
    answers.find((answer) => answer.status === 'rejected')?.reason ?? new Error(`${hostname} has no address`)
  )
}

/**
 * A `fetch` for URLs that clients choose, pinned to checked addresses. The library uses it itself.
 *
 * It connects only to public addresses, follows no redirects, sends a plain GET, and limits time and size. All callers share
 * 32 concurrent exchanges, 8 for each host. `undefined` if the runtime cannot do that.
 */
export const fetchPublic: Fetch | undefined = createFetchPublic({
  resolve: resolveName,
  isPublic: isPublicAddress,
})

/**
 * Why URLs that clients choose cannot be fetched here; `undefined` if they can, as far as it is known without a fetch.
 *
 * Deno asks for permissions that only this needs, and older versions lack a part of `node:https`. Both throw when a request
 * is created. The check runs when a provider is created, so that no client waits for it.
 */
export function whyNoFetchPublic(): unknown {
  if (!('Deno' in globalThis)) return undefined
  try {
    const probe = request('https://probe.invalid/', {
      lookup: (_hostname, _options, answer) => answer(new Error('never connected'), ''),
      agent: new Agent(),
    })
    probe.on('error', () => {})
    probe.destroy()
    return undefined
  } catch (error) {
    return error
  }
}
