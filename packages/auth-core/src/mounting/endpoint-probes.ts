import type { RoutedProvider } from '../contract/auth-provider-like.js'
import type { HttpResponse } from '../http/http-response.js'
import { type Method, type Route, routeFor } from '../http/route.js'
import { openIdConfigurationPaths, wellKnownPath } from '../metadata/well-known-path.js'
import { urlOrigin, urlPath } from '../options/url.js'
import type { Finding, Probe } from './probe.js'

/** Makes a probe for each document and each endpoint that a provider serves, except the MCP endpoint. */
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
  // The application serves the MCP endpoint itself. The provider only adds a preflight and a redirect.
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

/** Including below a prefix, where OpenID Connect Discovery puts its document. */
function isWellKnown(path: string): boolean {
  return path.includes('/.well-known/')
}

const twoPolicies: Finding = {
  detail: 'with two CORS policies',
  remedy:
    'A proxy adds a CORS policy to that of the application, and browsers refuse two. Let it pass the headers on unchanged.',
}

/** The response must be this provider's document, byte for byte, and readable by pages of other origins. */
async function documentProbe(url: string, rows: readonly Route[], baseUrl: string): Promise<Probe> {
  const expected = await expectedResponse(rows, 'GET')
  const remedy = documentRemedy(url, baseUrl)
  return {
    url,
    method: 'GET',
    check({ status, body, headers }) {
      if (status !== 200) return { remedy }
      if (body !== expected?.body) return { detail: 'with another document', remedy }
      return headers.get('access-control-allow-origin')?.includes(',') ? twoPolicies : undefined
    },
  }
}

function documentRemedy(url: string, baseUrl: string): string {
  if (urlPath(baseUrl) === '') return atRoot(urlOrigin(url))
  const isAtRoot = urlPath(url).startsWith('/.well-known/')
  return isAtRoot ? wellKnownAtRoot(urlOrigin(url)) : belowPrefix(baseUrl)
}

const beforeTheRest = 'before any catch-all route. A proxy must not change the path.'

function atRoot(origin: string): string {
  return `Mount the provider's routes in the application at the root of ${origin}, ${beforeTheRest}`
}

function wellKnownAtRoot(origin: string): string {
  return `Discovery is at the root of the origin, whatever the prefix is (RFC 8615). Mount mcpAuthWellKnown in the application at the root of ${origin}, ${beforeTheRest}`
}

function belowPrefix(baseUrl: string): string {
  return `Mount the provider's routes where ${baseUrl} leads. If a proxy or an outer application strips the prefix, set basePath to what is left of it, for example basePath: ''.`
}

/** Sends a method that the endpoint does not have. Its own 405 lists the methods that it has. */
async function endpointProbe(path: string, rows: readonly Route[], baseUrl: string): Promise<Probe> {
  const method = (['GET', 'HEAD', 'PUT'] as const).find((one) => rows.at(-1)?.methods.includes(one)) ?? 'PUT'
  const expected = await expectedResponse(rows, method)
  const remedy = urlPath(baseUrl) === '' ? atRoot(urlOrigin(baseUrl)) : belowPrefix(baseUrl)
  return {
    url: urlOrigin(baseUrl) + path,
    method,
    check({ status, headers }) {
      if (status !== expected?.status) return { remedy }
      const isOurs = headers.get('allow') === expected.headers['allow']
      return isOurs ? undefined : { detail: 'from something else', remedy }
    },
  }
}

async function expectedResponse(rows: readonly Route[], method: Method): Promise<HttpResponse | undefined> {
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
