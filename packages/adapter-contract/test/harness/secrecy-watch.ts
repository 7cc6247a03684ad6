import { format, inspect } from 'node:util'
import { vi } from 'vitest'

/** Notes every secret that goes over the wire, and everything that is said where no secret belongs. */
export interface SecrecyWatch {
  /** The secrets by what they are, for example `refresh_token`. */
  readonly secrets: ReadonlyMap<string, ReadonlySet<string>>
  /** Hears an event, an error or a line of a log. What is written to the console is heard without it. */
  hear(said: unknown): void
  /** What was said that has a part of a secret in it, after the name of the secret and the part. */
  leaks(): string[]
  stop(): void
}

/** Members of forms and JSON documents that nobody may write down. */
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

/** So many characters of a secret are a leak: logs cut off what is long, and parsers quote what they stumble over. */
const telling = 8

/**
 * Watches what goes through `fetch`: that of the tests, and that of the library when it asks other servers.
 */
export function watchSecrecy(): SecrecyWatch {
  const secrets = new Map<string, Set<string>>()
  const said: string[] = []
  /** What was found in each text, as long as no further secret is known. */
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

/** What gives a secret away, with the name of the secret. */
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

/** Of Basic credentials, which are form-encoded before they are encoded (RFC 6749 section 2.3.1). */
function passwordOf(credentials: string): string | null {
  const [, password = ''] = Buffer.from(credentials, 'base64').toString().split(':', 2)
  return new URLSearchParams(`x=${password}`).get('x')
}
