import { JWTVerifier } from '@tollgate/auth-core/resource-server'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { issuer, resource, type TestIssuer } from './issuer.js'
import { print } from './report.js'

export const verifiersName = 'A token not seen before'

/** In this process: the cost of a first request with a token, with warm keys. */
export async function compareVerifiers(source: TestIssuer, rounds: number): Promise<void> {
  const verifier = new JWTVerifier({ issuer, jwksUri: source.jwksUri, audience: resource })
  const keys = createRemoteJWKSet(new URL(source.jwksUri))
  const ours = async (token: string) => {
    if ((await verifier.verifyToken(token)) === null) throw new Error('The verifier refused a valid token')
  }
  const theirs = async (token: string) => {
    await jwtVerify(token, keys, { issuer, audience: resource, typ: 'at+jwt' })
  }
  const costs = { ours: [] as number[], theirs: [] as number[] }
  for (let round = -3; round < rounds; round += 1) {
    const tokens = await Promise.all(Array.from({ length: 1000 }, source.mint))
    const order = [
      ['ours', ours],
      ['theirs', theirs],
    ] as const
    for (const [name, verify] of round % 2 === 0 ? order : order.toReversed()) {
      const cost = await costOf(verify, tokens)
      if (round >= 0) costs[name].push(cost)
    }
  }
  console.log(`\n${verifiersName}`)
  print('our JWTVerifier', costs.ours)
  print('jose jwtVerify', costs.theirs)
  print(
    'our JWTVerifier / jose jwtVerify',
    costs.theirs.map((cost, round) => cost / (costs.ours[round] ?? Number.NaN)),
  )
}

/** Processor time for one token in microseconds, including the threads that compute signatures. */
async function costOf(verify: (token: string) => Promise<void>, tokens: readonly string[]): Promise<number> {
  const before = process.cpuUsage()
  for (const token of tokens) await verify(token)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / tokens.length
}
