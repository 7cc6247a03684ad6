import type { RoutedProvider } from '../contract/auth-provider-like.js'
import { checkedToolScopes, type ToolScopes } from '../mcp/tool-scopes.js'
import { nearestName } from '../options/nearest-name.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { checkRoutedProvider } from '../options/provider-argument.js'
import { anyFunction, isObject, option, seconds, withDefault } from '../options/rows.js'
import { urlOrigin } from '../options/url.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { clientDocumentProblem } from './check-client-document.js'
import { endpointProbes } from './endpoint-probes.js'
import { listTools } from './list-tools.js'
import { mcpProbes, withoutRepeats } from './mcp-probes.js'
import { type MountProblem, mountProblem, type ProbeResult, reasonOf, sendProbe } from './probe.js'

export type { MountProblem }

export interface CheckMountOptions {
  /** Fetches the public URLs, for a machine that cannot reach them itself. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined
  /** Seconds for each response. Default: 5. */
  readonly timeout?: number | undefined
  /**
   * The table of `requireToolScopes`. The tools of the server are listed, and each name in the table that matches none is a
   * problem.
   */
  readonly toolScopes?: ToolScopes | undefined
  /** The access token for listing the tools. Not needed if `allowAnonymous` lets everyone list them. */
  readonly token?: string | undefined
  /**
   * The URL of the metadata document of a client that your users have. It is fetched once, to check that this server can
   * read it: some websites refuse the addresses of cloud providers. Default: none is fetched.
   */
  readonly clientDocument?: string | undefined
}

export function checkMountOptionTable() {
  return {
    fetch: anyFunction(),
    timeout: withDefault(seconds({ least: 0.001 }), 5),
    toolScopes: option('be an object with a list of scopes for each tool', isObject),
    token: option('be a string', isString),
    clientDocument: option('be a string', isString),
  } satisfies OptionTable<CheckMountOptions>
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

/** The result of `checkMount`. */
export interface MountReport {
  /** Whether nothing is wrong. */
  readonly ok: boolean
  readonly problems: readonly MountProblem[]
  /** The requests that were made, for example `GET https://api.example.com/.well-known/oauth-protected-resource/mcp`. */
  readonly checked: readonly string[]
  /** The report as text: one line if all is well, or one line for each problem. */
  readonly message: string
}

/**
 * Checks that every public URL of a provider leads to it, and reports problems with their remedies.
 *
 * Sends requests to discovery at the root of the origin, to the endpoints below `baseUrl`, and to the MCP endpoint behind its
 * gate. Changes nothing. Call it when the server listens, for example in development.
 *
 * Does **not** check that other machines can reach the URLs.
 *
 * @throws `TypeError` if the provider does not know its MCP path yet, and for unknown options.
 *
 * @example
 * ```ts
 * export const server = checked.listen(process.env['PORT'] ?? 3000, async () => {
 *   const { ok, message } = await checkMount(auth)
 *   if (ok) console.info(message)
 *   else console.warn(message)
 * })
 * ```
 */
export async function checkMount(
  provider: RoutedProvider,
  options: CheckMountOptions = {},
): Promise<MountReport> {
  checkRoutedProvider({ name: 'checkMount', call: 'checkMount(auth)' }, provider)
  const bounds = checkedOptions('checkMount', options, checkMountOptionTable())
  const { toolScopes, token, clientDocument } = bounds
  const table =
    toolScopes === undefined ? undefined : Object.keys(checkedToolScopes(toolScopes, 'checkMount'))
  if (token !== undefined && table === undefined)
    throw new TypeError('checkMount: "token" must be set together with "toolScopes". Set both, or none.')
  const resources = (provider.mcpPaths ?? []).flatMap((path) => {
    const url = provider.getResourceUrl?.(path)
    return url === undefined ? [] : [{ url, metadataUrl: provider.getResourceMetadataUrl?.(path) }]
  })

  const probes = [
    ...(await endpointProbes(provider)),
    ...resources.flatMap(({ url, metadataUrl }) => mcpProbes(url, metadataUrl)),
  ]
  const [documentProblem, ...results] = await Promise.all([
    clientDocument === undefined ? undefined : clientDocumentProblem(provider, clientDocument),
    ...probes.map((probe) => sendProbe(probe, bounds)),
  ])
  const found = withoutRepeats(
    [...withoutRepeatedOutages(results), documentProblem].filter((problem) => problem !== undefined),
  )
  const reached = resources
    .map(({ url }) => url)
    .filter((url) => !found.some((problem) => problem.url === url))
  const missing = table === undefined ? [] : await missingTools(reached, table, bounds)
  const problems = [...found, ...missing]
  const publicUrls = new Set(probes.map(({ url }) => url)).size
  const checked = [
    ...probes.map(({ method, url }) => `${method} ${url}`),
    ...(clientDocument === undefined ? [] : [`GET ${clientDocument}`]),
  ]
  return {
    ok: problems.length === 0,
    problems,
    checked,
    message: messageOf(problems, publicUrls, reached, options),
  }
}

function messageOf(
  problems: readonly MountProblem[],
  publicUrls: number,
  endpoints: readonly string[],
  { toolScopes, clientDocument }: CheckMountOptions,
): string {
  if (problems.length > 0) return problems.map(({ message }) => message).join('\n')
  const gates = endpoints.length === 0 ? '' : `, and ${endpoints.join(' and ')} requires a token`
  const tools = toolScopes === undefined ? '' : ' Every tool in "toolScopes" exists.'
  const document = clientDocument === undefined ? '' : ' The client document can be read.'
  return `All is well: ${publicUrls} public URLs lead to this provider${gates}.${tools}${document}`
}

/** An origin at which nothing responds is reported once. */
function withoutRepeatedOutages(results: readonly ProbeResult[]): (MountProblem | undefined)[] {
  const outages = new Set<string>()
  return results.map(({ problem, isReached }) => {
    if (problem === undefined || isReached) return problem
    const outage = JSON.stringify([urlOrigin(problem.url), problem.found])
    if (outages.has(outage)) return undefined
    outages.add(outage)
    return problem
  })
}

/** The names in the table that no tool has, at any of the endpoints: they protect nothing. */
async function missingTools(
  endpoints: readonly string[],
  table: readonly string[],
  options: CheckMountOptions,
): Promise<MountProblem[]> {
  const tools: string[] = []
  const failed: MountProblem[] = []
  for (const url of endpoints) {
    try {
      tools.push(...(await listTools(url, options.token, options)))
    } catch (error) {
      const remedy =
        options.token === undefined
          ? 'Pass a "token" that may list the tools.'
          : 'Is the "token" valid, and may it list the tools?'
      failed.push(mountProblem({ url, method: 'tools/list' }, reasonOf(error), remedy))
    }
  }
  const [url] = endpoints
  if (failed.length > 0 || url === undefined) return failed
  return table
    .filter((name) => !tools.includes(name))
    .map((name) => {
      const found = `no tool ${JSON.stringify(name)}`
      return mountProblem({ url, method: 'tools/list' }, found, remedyForName(name, tools))
    })
}

function remedyForName(name: string, tools: readonly string[]): string {
  const nearest = nearestName(name, tools)
  const meant = nearest === undefined ? 'Is it misspelled?' : `Did you mean ${JSON.stringify(nearest)}?`
  return `${meant} Until then, the tool that requireToolScopes should protect needs no scopes of its own.`
}
