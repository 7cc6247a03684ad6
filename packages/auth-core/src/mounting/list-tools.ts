import { mediaTypeOf } from '../http/media-type.js'
import type { Fetch } from '../outbound/fetch-json.js'
import type { FetchBounds } from './probe.js'

/** A revision of MCP that servers of both SDKs support. */
const protocolVersion = '2025-06-18'

/** How many pages of a list are read: it might never end. */
const mostPages = 100

interface JsonRpcMessage {
  readonly id?: unknown
  readonly result?: { readonly tools?: unknown; readonly nextCursor?: unknown }
  readonly error?: { readonly message?: unknown }
}

/**
 * Lists the tools of an MCP server as a client would, with a handshake and, if the server has one, a session.
 *
 * @param token Sent with each request; without one, listing must be public.
 * @throws `Error` with what the server responded instead.
 */
export async function listTools(
  url: string,
  token: string | undefined,
  { fetch = globalThis.fetch, timeout = 5 }: FetchBounds,
): Promise<string[]> {
  const connection = openConnection(url, token, fetch, timeout)
  const clientInfo = { name: 'tollgate-mount-check', version: '0' }
  await connection.request('initialize', { protocolVersion, capabilities: {}, clientInfo })
  try {
    await connection.notify('notifications/initialized')
    const names: string[] = []
    let cursor: unknown
    for (let page = 0; page < mostPages; page += 1) {
      const { tools, nextCursor } = await connection.request(
        'tools/list',
        cursor === undefined ? {} : { cursor },
      )
      if (!Array.isArray(tools)) throw new Error('no list of tools')
      for (const tool of tools as readonly { readonly name?: unknown }[]) names.push(String(tool?.name))
      if (typeof nextCursor !== 'string') break
      cursor = nextCursor
    }
    return names
  } finally {
    await connection.close()
  }
}

function openConnection(url: string, token: string | undefined, fetch: Fetch, timeout: number) {
  let session: string | null = null
  let lastId = 0

  async function send(method: string, message: object | undefined): Promise<Response> {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json, text/event-stream',
        // Some parsers fail on a type without a body.
        ...(message === undefined ? {} : { 'content-type': 'application/json' }),
        'mcp-protocol-version': protocolVersion,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(session === null ? {} : { 'mcp-session-id': session }),
      },
      ...(message === undefined ? {} : { body: JSON.stringify({ jsonrpc: '2.0', ...message }) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout * 1000),
    })
    session ??= response.headers.get('mcp-session-id')
    return response
  }

  return {
    async request(method: string, params: object): Promise<NonNullable<JsonRpcMessage['result']>> {
      lastId += 1
      const response = await send('POST', { id: lastId, method, params })
      if (!response.ok) {
        await response.body?.cancel()
        throw new Error(String(response.status))
      }
      const { result, error } = await responseTo(lastId, response)
      if (result === undefined) throw new Error(String(error?.message ?? 'no result'))
      return result
    },

    async notify(method: string): Promise<void> {
      await (await send('POST', { method })).body?.cancel()
    },

    /** Ends the session, if the server has started one. */
    async close(): Promise<void> {
      if (session === null) return
      await send('DELETE', undefined).then(
        (response) => response.body?.cancel(),
        () => {},
      )
    },
  }
}

/** The JSON-RPC response to a request: the body, or one of the events of a stream. */
async function responseTo(id: number, response: Response): Promise<JsonRpcMessage> {
  if (mediaTypeOf(response.headers.get('content-type')) !== 'text/event-stream')
    return (await response.json()) as JsonRpcMessage
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split(/\r?\n\r?\n/)
    text = events.pop() ?? ''
    for (const event of events) {
      const message = messageOf(event)
      // Leaving the loop cancels the rest of the stream.
      if (message?.id === id) return message
    }
  }
  throw new Error('no response in the stream')
}

function messageOf(event: string): JsonRpcMessage | undefined {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n')
  return data === '' ? undefined : (JSON.parse(data) as JsonRpcMessage)
}
