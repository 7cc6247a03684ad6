import type { RoutedProvider } from './auth-provider.js'
import { clientDocumentProblem } from './check-client-document.js'
import { urlOrigin, urlPath } from './configuration-url.js'
import type { Fetch } from './http/fetch-json.js'
import type { HttpResponse } from './http/http-response.js'
import { type Method, type Route, routeFor } from './http/route.js'
import { wellKnownPath } from './metadata/well-known-path.js'
import { type OptionNames, refuseUnknownOptions } from './option-names.js'

export interface CheckMountOptions {
  /** What the public URLs are asked with, where this machine cannot reach them itself. Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Seconds for each answer. Default: 5. */
  readonly timeout?: number | undefined
  /**
   * The URL of a client's metadata document that is fetched once, to find out whether this server can read it: that of a
   * client which your users have. Some websites refuse the addresses of cloud providers. Default: none is.
   */
  readonly clientDocument?: string | undefined
}

const optionNames = {
  fetch: true,
  timeout: true,
  clientDocument: true,
} as const satisfies OptionNames<CheckMountOptions>

/** A public URL that does not answer as it should. */
export interface MountProblem {
  readonly url: string
  readonly method: string
  /** What it answers instead, for example `404`. */
  readonly found: string
  /** What to do about it. */
  readonly remedy: string
  /** All of it in one line. */
  readonly message: string
}

/** A request whose answer shows whether a path reaches this provider. None of them changes anything. */
interface Probe {
  readonly url: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is wrong with an answer; `undefined` if nothing is. */
  readonly problemOf: (answer: Answer) => string | undefined
  readonly remedyFor: (found: string) => string
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/**
 * Asks every public URL of a provider whether it is answered by this provider: discovery at the root of the origin,
 * the endpoints where `baseUrl` leads, and the MCP endpoint behind its gate. Answers what is wrong, and what to do.
 *
 * Call it when the server listens, for example in development; nothing calls it by itself. Does not find out what is
 * true only elsewhere: that the world can reach a URL which this machine reaches.
 *
 * @throws `TypeError` if the provider does not know its MCP path yet.
 */
export async function checkMount(
  provider: RoutedProvider,
  options: CheckMountOptions = {},
): Promise<MountProblem[]> {
  refuseUnknownOptions('checkMount', options, optionNames)
  const probes = await probesOf(provider)
  const { clientDocument } = options
  const problems = await Promise.all([
    ...probes.map((probe) => ask(probe, options)),
    ...(clientDocument === undefined ? [] : [clientDocumentProblem(provider, clientDocument)]),
  ])
  return problems.filter((problem) => problem !== undefined).filter(isFirstOfItsOrigin)
}

/** Where nothing answers, one problem says it all. */
function isFirstOfItsOrigin(problem: MountProblem, index: number, all: readonly MountProblem[]): boolean {
  const isAlike = ({ url, found }: MountProblem) =>
    found === problem.found && urlOrigin(url) === urlOrigin(problem.url)
  return !problem.found.startsWith('nothing') || all.findIndex(isAlike) === index
}

async function probesOf(provider: RoutedProvider): Promise<Probe[]> {
  const { baseUrl = '', mcpPaths = [] } = provider
  const routes =
    mcpPaths.length === 0 ? provider.getRoutes() : mcpPaths.flatMap((path) => provider.getRoutes(path))
  const rowsAt = (path: string) => routes.filter((route) => route.path === path)
  const resources = mcpPaths.map((path) => ({
    url: provider.getResourceUrl?.(path),
    metadataUrl: provider.getResourceMetadataUrl?.(path),
  }))

  const { issuer } = provider as { readonly issuer?: unknown }
  const documents = [
    ...(typeof issuer === 'string'
      ? [urlOrigin(issuer) + wellKnownPath('oauth-authorization-server', issuer)]
      : []),
    ...resources.map(({ metadataUrl }) => metadataUrl),
  ]
  // The preflight of the MCP endpoint has one row, and the endpoint itself is the application's.
  const endpoints = new Set(
    routes.map(({ path }) => path).filter((path) => !isWellKnown(path) && rowsAt(path).length > 1),
  )
  return Promise.all([
    ...documents.flatMap((url) =>
      url === undefined ? [] : [documentProbe(url, rowsAt(urlPath(url)), baseUrl)],
    ),
    ...[...endpoints].map((path) => endpointProbe(path, rowsAt(path), baseUrl)),
    ...resources.flatMap(({ url, metadataUrl }) => (url === undefined ? [] : [mcpProbe(url, metadataUrl)])),
  ])
}

/** Also below an issuer's path, where OpenID Connect looks: it comes and goes with the endpoints beside it. */
function isWellKnown(path: string): boolean {
  return path.includes('/.well-known/')
}

/** The answer must be this provider's document, byte for byte. */
async function documentProbe(url: string, rows: readonly Route[], baseUrl: string): Promise<Probe> {
  const expected = await answerOf(rows, 'GET')
  const origin = urlOrigin(url)
  return {
    url,
    method: 'GET',
    problemOf: ({ status, body }) =>
      status !== 200 ? '' : body === expected?.body ? undefined : 'with another document',
    remedyFor: () =>
      urlPath(baseUrl) === ''
        ? atRoot(origin)
        : `Discovery is at the root of the origin, whatever the prefix is (RFC 8615): mount mcpAuthWellKnown in the application at the root of ${origin}, before anything that answers everything.`,
  }
}

function atRoot(origin: string): string {
  return `Mount the provider's routes in the application at the root of ${origin}, before anything that answers everything.`
}

/** A method that an endpoint does not have: it is refused by its own row, with the list of those that it has. */
async function endpointProbe(path: string, rows: readonly Route[], baseUrl: string): Promise<Probe> {
  const method = (['GET', 'HEAD', 'PUT'] as const).find((one) => rows.at(-1)?.methods.includes(one)) ?? 'PUT'
  const expected = await answerOf(rows, method)
  return {
    url: urlOrigin(baseUrl) + path,
    method,
    problemOf: ({ status, headers }) =>
      status !== expected?.status
        ? ''
        : headers.get('allow') === expected.headers['allow']
          ? undefined
          : 'from something else',
    remedyFor: () =>
      urlPath(baseUrl) === ''
        ? atRoot(urlOrigin(baseUrl))
        : `Mount the provider's routes where ${baseUrl} leads. If a proxy or an outer application takes the prefix away, say so with basePath: '', or with what it leaves of the prefix.`,
  }
}

/** A token that nobody has issued must be refused by the gate of this resource. */
async function mcpProbe(url: string, metadataUrl: string | undefined): Promise<Probe> {
  return {
    url,
    method: 'POST',
    headers: { authorization: 'Bearer mount-check', 'content-type': 'application/json' },
    problemOf: ({ status, headers }) => {
      const challenge = headers.get('www-authenticate') ?? ''
      if (status !== 401) return ''
      return challenge.includes('invalid_token') && challenge.includes(metadataUrl ?? '')
        ? undefined
        : 'without the challenge of this resource'
    },
    remedyFor: (found) =>
      /^2/.test(found)
        ? 'It lets a bad token pass: put requireBearerAuth(provider) in front of it.'
        : /^503/.test(found)
          ? 'Its gate could not verify the token: the event source.unavailable says what it did not reach.'
          : `Serve the MCP endpoint there, behind requireBearerAuth(provider), or tell the routes its path with "mcpPath".`,
  }
}

async function answerOf(rows: readonly Route[], method: Method): Promise<HttpResponse | undefined> {
  const url = rows[0]?.path ?? '/'
  const body = { read: async () => new Uint8Array() }
  return routeFor(rows, method)?.answer({
    method,
    url,
    header: () => undefined,
    headers: () => new Headers(),
    body,
  })
}

async function ask(probe: Probe, options: CheckMountOptions): Promise<MountProblem | undefined> {
  const { url, method } = probe
  const { fetch = globalThis.fetch, timeout = 5 } = options
  let found: string
  let remedy: string
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...probe.headers },
      ...(method === 'POST' ? { body: '{}' } : {}),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout * 1000),
    })
    const { status, headers } = response
    const problem = probe.problemOf({ status, headers, body: await response.text() })
    if (problem === undefined) return undefined
    const location = headers.get('location')
    found = [status, location === null ? problem : `to ${location}`].join(' ').trim()
    remedy =
      location === null
        ? probe.remedyFor(found)
        : 'Clients may not follow: make "baseUrl" the URL under which the server itself answers.'
  } catch (error) {
    found = `nothing (${reasonOf(error)})`
    remedy =
      'Does the server listen there? If only this machine cannot reach its public URL, pass a "fetch" that can.'
  }
  return { url, method, found, remedy, message: `${method} ${url} answers ${found}. ${remedy}` }
}

/** Node's `fetch failed` has the reason in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } }
  return cause?.code ?? message ?? 'unknown'
}
