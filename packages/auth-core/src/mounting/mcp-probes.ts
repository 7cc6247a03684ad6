import type { Answer, MountProblem, Probe } from './probe.js'

/** A call of a tool that no server has, so that it does nothing wherever it arrives. */
const call = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'tollgate-mount-check', arguments: {} },
})
const callHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

const asIfWithout = 'as if there were no token'
const asIfWith = 'as if there were a token'
const withoutChallenge = 'without a challenge'

/** What shows whether an MCP endpoint is behind the gate of its resource: a call without a token, and one with a made-up one. */
export function mcpProbes(url: string, metadataUrl: string | undefined): readonly Probe[] {
  const isOfResource = (challenge: string) => challenge.includes(metadataUrl ?? '')

  function probe(
    token: string | undefined,
    problemOfChallenge: (challenge: string) => string | undefined,
  ): Probe {
    return {
      url,
      method: 'POST',
      headers: { ...callHeaders, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: call,
      problemOf({ status, headers }) {
        const challenge = headers.get('www-authenticate') ?? ''
        if (status !== 401) return ''
        if (challenge === '') return withoutChallenge
        return isOfResource(challenge)
          ? problemOfChallenge(challenge)
          : 'without the challenge of this resource'
      },
      remedyFor,
    }
  }

  const isRefusal = (challenge: string) => challenge.includes('error="invalid_token"')
  return [
    probe(undefined, (challenge) => (isRefusal(challenge) ? asIfWith : undefined)),
    probe('mount-check', (challenge) => (isRefusal(challenge) ? undefined : asIfWithout)),
  ]
}

function remedyFor(found: string, { status, body }: Answer): string {
  if (found.endsWith(asIfWithout))
    return 'A proxy in front takes the Authorization header away: let it pass the header on.'
  if (found.endsWith(asIfWith))
    return 'A proxy in front adds an Authorization header of its own: let it leave the header to clients.'
  if (found.endsWith(withoutChallenge))
    return 'Something takes WWW-Authenticate away, so clients do not learn where to get a token: let it pass the header on.'
  if (status === 503)
    return 'Its gate could not verify the token: the event source.unavailable says what it did not reach.'
  if (status === 404 || status === 405 || status === 401)
    return 'Serve the MCP endpoint there, behind requireBearerAuth(provider), or tell the routes its path with "mcpPath".'
  if (status === 500 && body.includes('-32603'))
    return 'The MCP server failed, or no gate is in front of mcpHandler: put requireBearerAuth(provider) there. The console says more.'
  return 'It is open to everybody: put requireBearerAuth(provider) in front of it.'
}

/** Where both calls find the same, one problem says it all. */
export function withoutRepeats(problems: readonly MountProblem[]): MountProblem[] {
  return problems.filter(
    (problem, index) =>
      problems.findIndex(
        ({ url, method, found }) =>
          url === problem.url && method === problem.method && found === problem.found,
      ) === index,
  )
}
