import type { RoutedProvider } from '../contract/auth-provider-like.js'
import type { HttpResponse } from '../http/http-response.js'
import { type Method, type Route, routeFor } from '../http/route.js'
import { openIdConfigurationPaths, wellKnownPath } from '../metadata/well-known-path.js'
import { urlOrigin, urlPath } from '../options/url.js'
import type { Probe } from './probe.js'

/** A probe for each document and each endpoint that a provider serves. The MCP endpoint is not among them. */
export function endpointProbes(provider: RoutedProvider): Promise<Probe[]> {
  const { baseUrl = '', issuer, mcpPaths = [] } = provider
  const routes =
    mcpPaths.length === 0 ? provider.getRoutes() : mcpPaths.flatMap((path) => provider.getRoutes(path))
  const rowsAt = (path: string) => routes.filter((route) => route.path === path)

  const documents = [
    ...(typeof issuer === 'string'
      ? [wellKnownPath('oauth-authorization-server', issuer), ...openIdConfigurationPaths(issuer)].map(
          (path) => urlOrigin(issuer) + path,
        )
      : []),
    ...mcpPaths.map((path) => provider.getResourceMetadataUrl?.(path)),
  ]
  // The MCP endpoint itself is the application's, and what is served for it here is a preflight and a redirect.
  const mcpEndpoints = mcpPaths.map((path) => withoutSlash(urlPath(provider.getResourceUrl?.(path) ?? '')))
  const endpoints = new Set(
    routes
      .map(({ path }) => path)
      .filter((path) => !isWellKnown(path) && !mcpEndpoints.includes(withoutSlash(path))),
  )
  return Promise.all([
    ...documents.flatMap((url) =>
      url === undefined ? [] : [documentProbe(url, rowsAt(urlPath(url)), baseUrl)],
    ),
    ...[...endpoints].map((path) => endpointProbe(path, rowsAt(path), baseUrl)),
  ])
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '')
}

/** Also below a prefix, where OpenID Connect has its document. */
function isWellKnown(path: string): boolean {
  return path.includes('/.well-known/')
}

const twoPolicies = 'with two CORS policies'

/** The response must be this provider's document, byte for byte, and readable by pages. */
async function documentProbe(url: string, rows: readonly Route[], baseUrl: string): Promise<Probe> {
  const expected = await answerOf(rows, 'GET')
  return {
    url,
    method: 'GET',
    problemOf({ status, body, headers }) {
      if (status !== 200) return ''
      if (body !== expected?.body) return 'with another document'
      return headers.get('access-control-allow-origin')?.includes(',') ? twoPolicies : undefined
    },
    remedyFor(found) {
      const isBelowPrefix = !urlPath(url).startsWith('/.well-known/')
      if (found.endsWith(twoPolicies)) return onePolicy
      if (urlPath(baseUrl) === '') return atRoot(urlOrigin(url))
      return isBelowPrefix ? belowPrefix(baseUrl) : wellKnownAtRoot(urlOrigin(url))
    },
  }
}

const onePolicy =
  'A proxy adds a CORS policy to that of the application, and browsers refuse two: let it pass the headers on as they are.'

const beforeTheRest = 'before anything that answers everything. A proxy must pass the path on as it is.'

function atRoot(origin: string): string {
  return `Mount the provider's routes in the application at the root of ${origin}, ${beforeTheRest}`
}

function wellKnownAtRoot(origin: string): string {
  return `Discovery is at the root of the origin, whatever the prefix is (RFC 8615): mount mcpAuthWellKnown in the application at the root of ${origin}, ${beforeTheRest}`
}

function belowPrefix(baseUrl: string): string {
  return `Mount the provider's routes where ${baseUrl} leads. If a proxy or an outer application takes the prefix away, say so with basePath: '', or with what it leaves of the prefix.`
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
    remedyFor: () => (urlPath(baseUrl) === '' ? atRoot(urlOrigin(baseUrl)) : belowPrefix(baseUrl)),
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
