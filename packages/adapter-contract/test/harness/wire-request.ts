/** A request as data. A test can change the order and repetition of its parts. */
export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly query: Pairs
  readonly headers: Readonly<Record<string, string>>
  readonly body: WireBody
}

export type Pairs = readonly (readonly [name: string, value: string])[]

export type WireBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'form'; readonly pairs: Pairs }
  /** The members of a JSON object in written order, including `__proto__` and repeated ones. */
  | { readonly kind: 'json'; readonly members: readonly (readonly [name: string, value: unknown])[] }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array<ArrayBuffer> }

const formType = 'application/x-www-form-urlencoded'

export function wireGet(path: string, query: Readonly<Record<string, string>> = {}): WireRequest {
  return { method: 'GET', path, query: Object.entries(query), headers: {}, body: { kind: 'none' } }
}

export function wireForm(
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): WireRequest {
  const body = { kind: 'form', pairs: Object.entries(form) } as const
  return { method: 'POST', path, query: [], headers: { 'content-type': formType, ...headers }, body }
}

export function wireJson(path: string, document: Readonly<Record<string, unknown>>): WireRequest {
  const body = { kind: 'json', members: Object.entries(document) } as const
  return { method: 'POST', path, query: [], headers: { 'content-type': 'application/json' }, body }
}

export function urlOf(origin: string, { path, query }: WireRequest): string {
  return `${origin}${path}${query.length === 0 ? '' : `?${formText(query)}`}`
}

export function bytesOf({ body }: WireRequest): Uint8Array<ArrayBuffer> | undefined {
  if (body.kind === 'none') return undefined
  if (body.kind === 'raw') return body.bytes
  return new TextEncoder().encode(body.kind === 'form' ? formText(body.pairs) : jsonText(body.members))
}

export function toRequest(origin: string, wire: WireRequest): Request {
  const { method, headers } = wire
  const body = method === 'GET' || method === 'HEAD' ? undefined : bytesOf(wire)
  return new Request(urlOf(origin, wire), {
    method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  })
}

/** A value that starts with `raw:` is sent without that prefix and unencoded, for broken escapes. */
function formText(pairs: Pairs): string {
  return pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&')
}

function escaped(text: string): string {
  return text.startsWith('raw:')
    ? text.slice('raw:'.length)
    : encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'))
}

function jsonText(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`
}
