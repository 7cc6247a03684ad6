import type { RoutedProvider } from '../contract/auth-provider-like.js'
import { checkedToolScopes, type ToolScopes } from '../mcp/tool-scopes.js'
import { nearestName } from '../options/nearest-name.js'
import { checkRoutedProvider } from '../options/provider-argument.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { urlOrigin } from '../options/url.js'
import type { Fetch } from '../outbound/fetch-json.js'
import { clientDocumentProblem } from './check-client-document.js'
import { endpointProbes } from './endpoint-probes.js'
import { listTools } from './list-tools.js'
import { mcpProbes, withoutRepeats } from './mcp-probes.js'
import { ask, type MountProblem, mountProblem, reasonOf } from './probe.js'

export type { MountProblem }

export interface CheckMountOptions {
  /** What the public URLs are asked with, where this machine cannot reach them itself. Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Seconds for each response. Default: 5. */
  readonly timeout?: number | undefined
  /**
   * What `requireToolScopes` was given: then the tools of the server are listed, and names in this table that match none
   * are problems.
   */
  readonly toolScopes?: ToolScopes | undefined
  /** The access token that the tools are listed with. Needed unless `allowAnonymous` lets everyone list them. */
  readonly token?: string | undefined
  /**
   * The URL of a client's metadata document that is fetched once, to find out whether this server can read it: that of a
   * client which your users have. Some websites refuse the addresses of cloud providers. Default: none is.
   */
  readonly clientDocument?: string | undefined
}

const optionNames = {
  fetch: true,
  timeout: true,
  toolScopes: true,
  token: true,
  clientDocument: true,
} as const satisfies OptionNames<CheckMountOptions>

/** What was found out about the public URLs of a provider. */
export interface MountReport {
  /** Whether nothing is wrong. */
  readonly ok: boolean
  readonly problems: readonly MountProblem[]
  /** The requests that were made, for example `GET https://api.example.com/.well-known/oauth-protected-resource/mcp`. */
  readonly checked: readonly string[]
  /** All of it as text: one line that says that all is well, or one for each problem. */
  readonly message: string
}

/**
 * Asks every public URL of a provider whether it leads to this provider: discovery at the root of the origin, the
 * endpoints where `baseUrl` leads, and the MCP endpoint behind its gate. Reports what is wrong and what to do, or that all
 * is well.
 *
 * Call it when the server listens, for example in development; nothing calls it by itself. It changes nothing. Does not
 * find out what is true only elsewhere: that the world can reach a URL which this machine reaches.
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
  refuseUnknownOptions('checkMount', options, optionNames)
  const { toolScopes, token, clientDocument } = options
  const table = toolScopes === undefined ? undefined : Object.keys(checkedToolScopes(toolScopes))
  if (token !== undefined && table === undefined)
    throw new TypeError('checkMount: "token" is for "toolScopes". Give both, or none.')
  const resources = (provider.mcpPaths ?? []).flatMap((path) => {
    const url = provider.getResourceUrl?.(path)
    return url === undefined ? [] : [{ url, metadataUrl: provider.getResourceMetadataUrl?.(path) }]
  })

  const probes = [
    ...(await endpointProbes(provider)),
    ...resources.flatMap(({ url, metadataUrl }) => mcpProbes(url, metadataUrl)),
  ]
  const asked = await Promise.all([
    ...probes.map((probe) => ask(probe, options)),
    ...(clientDocument === undefined ? [] : [clientDocumentProblem(provider, clientDocument)]),
  ])
  const found = withoutRepeats(asked.filter((problem) => problem !== undefined)).filter(isFirstOfItsOrigin)
  const reached = resources
    .map(({ url }) => url)
    .filter((url) => !found.some((problem) => problem.url === url))
  const missing = table === undefined ? [] : await missingTools(reached, table, options)
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
  const gates = endpoints.length === 0 ? '' : `, and ${endpoints.join(' and ')} asks for a token`
  const tools = toolScopes === undefined ? '' : ' Every tool in "toolScopes" exists.'
  const document = clientDocument === undefined ? '' : ' The client document can be read.'
  return `All is well: ${publicUrls} public URLs lead to this provider${gates}.${tools}${document}`
}

/** Where nothing answers, one problem says it all. */
function isFirstOfItsOrigin(problem: MountProblem, index: number, all: readonly MountProblem[]): boolean {
  const isAlike = ({ url, found }: MountProblem) =>
    found === problem.found && urlOrigin(url) === urlOrigin(problem.url)
  return !problem.found.startsWith('nothing') || all.findIndex(isAlike) === index
}

/** The names of the table that no tool has, at any of the endpoints: what they should protect is not protected. */
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
          ? 'Give checkMount a "token" that the tools can be listed with.'
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
  const meant = nearest === undefined ? 'Is it misspelt?' : `Did you mean ${JSON.stringify(nearest)}?`
  return `${meant} The tool that requireToolScopes should protect needs no scopes of its own now.`
}
