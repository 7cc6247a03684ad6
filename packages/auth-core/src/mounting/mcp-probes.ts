import type { Finding, MountProblem, Probe } from './probe.js'
import type { ProbeResponse } from './probe-response.js'

/** A call of a tool that no server has, so that it does nothing wherever it arrives. */
const call = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'tollgate-mount-check', arguments: {} },
})
const callHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

const tokenRemoved: Finding = {
  detail: 'as if there were no token',
  remedy: 'A proxy in front removes the Authorization header. Let it pass the header on.',
}

const tokenAdded: Finding = {
  detail: 'as if there were a token',
  remedy: 'A proxy in front adds an Authorization header. Let it leave that header to clients.',
}

const challengeRemoved: Finding = {
  detail: 'without a challenge',
  remedy:
    'Something removes WWW-Authenticate, so clients cannot find out where to get a token. Let it pass the header on.',
}

const otherGate =
  'Serve the MCP endpoint there, behind requireBearerAuth(provider), or set "mcpPath" to its path.'

/** Probes whether an MCP endpoint is behind the gate of its resource: a call without a token, and one with a made-up token. */
export function mcpProbes(url: string, metadataUrl: string | undefined): readonly Probe[] {
  const isOfResource = (challenge: string) => challenge.includes(metadataUrl ?? '')

  function probe(
    token: string | undefined,
    checkChallenge: (challenge: string) => Finding | undefined,
  ): Probe {
    return {
      url,
      method: 'POST',
      headers: { ...callHeaders, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: call,
      check(response) {
        const challenge = response.headers.get('www-authenticate') ?? ''
        if (response.status !== 401) return { remedy: remedyForStatus(response) }
        if (challenge === '') return challengeRemoved
        if (isOfResource(challenge)) return checkChallenge(challenge)
        return { detail: 'without the challenge of this resource', remedy: otherGate }
      },
    }
  }

  const rejectsToken = (challenge: string) => challenge.includes('error="invalid_token"')
  return [
    probe(undefined, (challenge) => (rejectsToken(challenge) ? tokenAdded : undefined)),
    probe('mount-check', (challenge) => (rejectsToken(challenge) ? undefined : tokenRemoved)),
  ]
}

function remedyForStatus({ status, body }: ProbeResponse): string {
  if (status === 503)
    return 'Its gate could not verify the token. The event source.unavailable says what it could not reach.'
  if (status === 404 || status === 405) return otherGate
  if (status === 500 && body.includes('-32603'))
    return 'The MCP server failed, or no gate is in front of mcpHandler. Put requireBearerAuth(provider) there. The console says more.'
  return 'Anyone can call it. Put requireBearerAuth(provider) in front of it.'
}

/** Both calls often find the same problem. It is reported once. */
export function withoutRepeats(problems: readonly MountProblem[]): MountProblem[] {
  return problems.filter(
    (problem, index) =>
      problems.findIndex(
        ({ url, method, found }) =>
          url === problem.url && method === problem.method && found === problem.found,
      ) === index,
  )
}
