import type { ContenderProcess } from './contender-process.js'
import { getWith, type Load, post, send } from './load.js'

/** The cost of a request in microseconds, by kind of request. */
export type Costs = Readonly<Record<string, number>>

/** Has a gate admit requests with one token, or with all of them in turn. */
export async function measureGate(
  contender: ContenderProcess,
  load: 'one token' | '5000 tokens',
  tokens: readonly string[],
): Promise<Costs> {
  const requests = (load === 'one token' ? tokens.slice(0, 1) : tokens).map(getWith)
  const { cost } = await measure(contender, {
    requests,
    repeat: 10_000 / requests.length,
    expect: '"ok":true',
  })
  return { [load]: cost }
}

/** Each code is redeemed once, and each refresh token from it is used once. */
export async function measureTokenEndpoint(
  contender: ContenderProcess,
  codeForms: readonly string[],
): Promise<Costs> {
  const first = await measure(contender, tokenRequests(codeForms))
  const clientId = new URLSearchParams(codeForms[0]).get('client_id') ?? ''
  const refreshForms = first.answers.map((answer) => {
    const { refresh_token } = JSON.parse(answer) as { refresh_token: string }
    return new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token }).toString()
  })
  const second = await measure(contender, tokenRequests(refreshForms))
  return { codes: first.cost, 'refresh tokens': second.cost }
}

function tokenRequests(forms: readonly string[]): Load {
  return { requests: forms.map((form) => post('/token', form)), repeat: 1, expect: '"access_token":"ey' }
}

/**
 * The processor time of the contender's process, which other load hardly changes. Where the system does not report it,
 * the elapsed time.
 */
async function measure(contender: ContenderProcess, load: Load) {
  const before = { cpu: contender.cpuTime(), time: performance.now() }
  const answers = await send(contender.port, load)
  const after = { cpu: contender.cpuTime(), time: performance.now() }
  const microseconds =
    before.cpu === undefined || after.cpu === undefined
      ? (after.time - before.time) * 1000
      : after.cpu - before.cpu
  return { answers, cost: microseconds / answers.length }
}
