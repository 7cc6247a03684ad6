/**
 * Measures contenders in pairs, interleaved, and prints ratios with their spread: `pnpm bench [ROUNDS] [FILTER]`.
 * Absolute figures depend on the machine; the ratios of one run much less. Nothing is asserted.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { JWTVerifier } from '@tollgate/auth-core/resource-server'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { issuer, resource, startIssuer } from './issuer.js'
import { requestsPerSecond } from './load.js'

const rounds = Number(process.argv[2] ?? 15)
const filter = process.argv[3] ?? ''

const pairs: readonly [what: string, ours: string, theirs: string][] = [
  ['Express: our gate / no-op middleware', 'express tollgate', 'express noOp'],
  ['Fastify: our gate / open route', 'fastify tollgate', 'fastify open'],
  ['Hono: our gate / no-op middleware', 'hono tollgate', 'hono noOp'],
  ['Express: our gate / SDK v1 gate + jose', 'express tollgate', 'express sdkV1'],
  ['Fastify: our gate / @fastify/jwt with cache', 'fastify tollgate', 'fastify fastifyJwtCached'],
  ['Hono: our gate / SDK v2 gate + jose', 'hono tollgate', 'hono sdkV2'],
  ['The same against itself (the noise)', 'express noOp', 'express noOp'],
]

const source = await startIssuer()
const token = await source.mint()
pinThisProcess()

for (const [what, ours, theirs] of pairs.filter(([what]) => what.includes(filter))) {
  await comparePair(what, ours, theirs)
}
if ('A token not seen before'.includes(filter)) await compareVerifiers()
source.close()

async function comparePair(what: string, ours: string, theirs: string): Promise<void> {
  const servers = await Promise.all([ours, theirs].map(start))
  const measure = (server: (typeof servers)[number] | undefined, seconds: number) =>
    requestsPerSecond(server?.port ?? 0, token, seconds)
  for (const server of servers) await measure(server, 2)
  const ratios: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    // Every other round the other way round, so that neither always goes first.
    const order = round % 2 === 0 ? [0, 1] : [1, 0]
    const results: number[] = []
    for (const index of order) results[index] = await measure(servers[index], 0.7)
    ratios.push((results[0] ?? 0) / (results[1] ?? 1))
  }
  for (const server of servers) server.stop()
  print(what, ratios)
}

/** In this process: what a first request with a token costs, with warm keys. */
async function compareVerifiers(): Promise<void> {
  const verifier = new JWTVerifier({ issuer, jwksUri: source.jwksUri, audience: resource })
  const keys = createRemoteJWKSet(new URL(source.jwksUri))
  const batch = 500
  const ours = async (tokens: string[]) => {
    for (const one of tokens) if ((await verifier.verifyToken(one)) === null) throw new Error('refused')
  }
  const theirs = async (tokens: string[]) => {
    for (const one of tokens) await jwtVerify(one, keys, { issuer, audience: resource, typ: 'at+jwt' })
  }
  const time = async (verify: typeof ours) => {
    const tokens = await Promise.all(Array.from({ length: batch }, source.mint))
    const began = performance.now()
    await verify(tokens)
    return performance.now() - began
  }
  for (const verify of [ours, theirs]) await time(verify)
  const ratios: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0 ? ours : theirs
    const second = first === ours ? theirs : ours
    const [a, b] = [await time(first), await time(second)]
    ratios.push(first === ours ? b / a : a / b)
  }
  print('A token not seen before: our verifier / jose jwtVerify', ratios)
}

async function start(contender: string) {
  const serve = new URL('./serve.ts', import.meta.url).pathname
  const args = ['--import', 'tsx', serve, ...contender.split(' '), source.jwksUri, JSON.stringify(source.jwk)]
  const [command = '', ...rest] = [...pinnedTo(0), process.execPath, ...args]
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { port: Number(port), stop: () => child.kill() }
}

/** Server and load on different cores, where the system can do that. */
function pinnedTo(core: number): string[] {
  return process.platform === 'linux' ? ['taskset', '-c', String(core)] : []
}

function pinThisProcess(): void {
  if (process.platform === 'linux') spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' })
}

function print(what: string, ratios: readonly number[]): void {
  const sorted = ratios.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN).toFixed(2)
  console.log(
    `${what.padEnd(58)} ${at(0.5)}   (quartiles ${at(0.25)} to ${at(0.75)}, all ${at(0)} to ${at(1)})`,
  )
}
