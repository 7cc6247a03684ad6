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

/** What a fetch from public addresses asks of the network. */
export interface PublicNetwork {
  /** All addresses that a name has. */
  readonly resolve: (hostname: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Whether an address may be connected to. */
  readonly isPublic: (address: string) => boolean
  /** For servers that are elsewhere than at port 443, or have certificates of their own. */
  readonly connection?: Pick<RequestOptions, 'port' | 'ca'>
}

const longestHeaders = 16 * 1024

/**
 * A `fetch` for URLs that clients chose. It connects to addresses that it has checked, and to no others: all that the
 * name has must be public, the connection is made to one of those, and the address at its other end is looked at again.
 * Nothing is kept between two fetches, and no proxy of the environment is used.
 *
 * Answers and rejects as {@link guardedFetch} does.
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
      // Of this class: `false` would make another one of the class that the global agent has, which may know a proxy.
      agent: new Agent(),
      // Whatever the environment says.
      rejectUnauthorized: true,
      maxHeaderSize: longestHeaders,
    })
  })
}

/** A lookup that knows the answer already. */
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
          exchanged.destroy(new NotPublic(`${shownUrl(url)} led to another address`))
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
    // Not once: it may fail again while the body is read, which the reader is told.
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

/** Statuses whose responses have no body. */
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

/** Bodies are asked for as they are, but what is kept compressed may be sent so. It is never unpacked faster than read. */
function decoded(message: IncomingMessage, headers: Headers): Readable {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return message
  const decoder = decoders.get(encoding)?.()
  if (decoder === undefined) throw new Error('the body has an encoding that is not known')
  headers.delete('content-encoding')
  headers.delete('content-length')
  // Its error is the reader's to see.
  return pipeline(message, decoder, () => {})
}

/** One chunk for each that is asked for. `Readable.toWeb` of Deno throws where nobody can catch when it is cancelled. */
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
        // At once: what ends the iteration would wait for the chunk that it is waiting for.
        body.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Asks the name servers themselves: the system's own resolver would keep one of the few threads there are busy. */
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
 * A `fetch` for URLs that clients chose: the address-pinned one that the library uses itself. It connects to public
 * addresses alone, follows no redirect, sends a plain GET, and bounds time and size. All callers share its 32 exchanges at a
 * time, 8 for a host. `undefined` where the runtime cannot do that.
 */
export const fetchPublic: Fetch | undefined = createFetchPublic({
  resolve: resolveName,
  isPublic: isPublicAddress,
})

/**
 * Why URLs that clients chose cannot be fetched here; `undefined` if they can be, as far as can be told without a fetch.
 *
 * Deno asks for permissions that only this needs, and its older versions lack a part of `node:https`: both throw as soon as
 * a request is made. Asking here, when a provider is made, means that no client has to wait for the answer.
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
