import { format, inspect } from 'node:util'
import { vi } from 'vitest'

/** Records every secret in requests and responses, and every text where no secret belongs. */
export interface SecrecyWatch {
  /** The secrets by kind, for example `refresh_token`. */
  readonly secrets: ReadonlyMap<string, ReadonlySet<string>>
  /** Checks an event, an error or a log line. Console output is checked without a call. */
  hear(said: unknown): void
  /** The texts that contained a part of a secret, with its name and that part. */
  leaks(): string[]
  stop(): void
}

/** Members of forms and JSON documents that must not be logged. */
const secretNames = new Set([
  'access_token',
  'assertion',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'refresh_token',
  'registration_access_token',
  'state',
  'token',
  'transaction',
])

/** Shorter values are words of a test, such as the name of a user. */
const shortestSecret = 16

/** This many characters of a secret are a leak: logs cut long texts off, and parsers quote parts. */
const telling = 8

/** Watches `fetch`: that of the tests, and that of the library when it calls other servers. */
export function watchSecrecy(): SecrecyWatch {
  const secrets = new Map<string, Set<string>>()
  const said: string[] = []
  /** The findings in each text, until another secret is known. */
  const looked = new Map<string, string | undefined>()

  function note(kind: string, secret: string | null | undefined): void {
    if (secret === null || secret === undefined || secret.length < shortestSecret) return
    looked.clear()
    secrets.set(kind, (secrets.get(kind) ?? new Set()).add(secret))
  }
  function hear(value: unknown): void {
    said.push(inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }))
  }

  function noteMembers(members: Iterable<[string, unknown]>): void {
    for (const [name, value] of members)
      if (secretNames.has(name) && typeof value === 'string') note(name, value)
  }
  function noteRequest(url: string, init: RequestInit): void {
    const headers = new Headers(init.headers)
    const [scheme = '', credentials = ''] = (headers.get('authorization') ?? '').split(' ')
    note(`credentials of ${scheme}`, credentials)
    if (/^basic$/i.test(scheme)) note('client_secret', passwordOf(credentials))
    for (const cookie of (headers.get('cookie') ?? '').split('; ')) note('cookie', cookie.split('=')[1])
    noteUrl(url)
    if (headers.get('content-type') === 'application/x-www-form-urlencoded')
      noteMembers(new URLSearchParams(String(init.body)))
  }
  function noteUrl(url: string): void {
    const { searchParams } = new URL(url)
    noteMembers(searchParams)
  }
  async function noteResponse(response: Response): Promise<void> {
    const location = response.headers.get('location')
    if (location !== null) noteUrl(new URL(location, response.url).href)
    for (const cookie of response.headers.getSetCookie()) note('cookie', /=([^;]*)/.exec(cookie)?.[1])
    const text = await response.text()
    if (response.headers.get('content-type')?.startsWith('application/json') === true)
      noteMembers(Object.entries(JSON.parse(text) as Record<string, unknown>))
    note('transaction', /name="transaction" value="([^"]+)"/.exec(text)?.[1])
  }

  const original = globalThis.fetch
  const spies = [
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
      noteRequest(String(input), init)
      const response = await original(input, init)
      await noteResponse(response.clone())
      return response
    }),
    ...(['debug', 'log', 'info', 'warn', 'error', 'trace', 'dir'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((...given: unknown[]) => hear(format(...given))),
    ),
    ...[process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        hear(String(chunk))
        return true
      }),
    ),
  ]
  process.on('warning', hear).on('unhandledRejection', hear)

  return {
    secrets,
    hear,
    leaks() {
      const parts = new Map([...secrets].flatMap(([kind, ones]) => partsOf(kind, ones)))
      return said.flatMap((text) => {
        if (!looked.has(text))
          looked.set(
            text,
            pieces(text).find((piece) => parts.has(piece)),
          )
        const found = looked.get(text)
        return found === undefined ? [] : [`${parts.get(found)} (${found}) in ${text}`]
      })
    },
    stop() {
      for (const spy of spies) spy.mockRestore()
      process.off('warning', hear).off('unhandledRejection', hear)
    },
  }
}

/** The parts that reveal a secret, with its name. */
function partsOf(kind: string, secrets: ReadonlySet<string>): [string, string][] {
  // The header of a JWT is the same in all tokens of an issuer.
  const secretParts = [...secrets].flatMap((secret) =>
    secret.split('.').slice(secret.startsWith('eyJ') ? 1 : 0),
  )
  return secretParts.flatMap(pieces).map((piece) => [piece, kind])
}

function pieces(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - telling + 1) }, (_, start) =>
    text.slice(start, start + telling),
  )
}

/** Basic credentials are form-encoded before base64 (RFC 6749 section 2.3.1). */
function passwordOf(credentials: string): string | null {
  const [, password = ''] = Buffer.from(credentials, 'base64').toString().split(':', 2)
  return new URLSearchParams(`x=${password}`).get('x')
}
