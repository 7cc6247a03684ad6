/** A contender: its name in the report, its file below `contenders`, and its export. */
export interface Entry {
  readonly name: string
  readonly contender: string
}

export type LoadName = 'one token' | '5000 tokens' | 'codes and refresh tokens'

/** Contenders that are measured in turns, in one run. */
export interface Comparison {
  readonly what: string
  readonly loads: readonly LoadName[]
  readonly ours: Entry
  /** The cost of the framework alone: no contender in this place can be faster. */
  readonly floor?: Entry
  readonly peers: readonly Entry[]
}

const gateLoads = ['one token', '5000 tokens'] as const
const tokenLoads = ['codes and refresh tokens'] as const

const oidcProvider: Entry = { name: 'oidc-provider', contender: 'token/koa oidcProvider' }
const noOp: Entry = { name: 'no-op middleware', contender: 'gate/express noOp' }
const tokenEndpoint: Entry = { name: 'our token endpoint', contender: 'token/express tollgate' }

export const comparisons: readonly Comparison[] = [
  {
    what: 'Express gate',
    loads: gateLoads,
    ours: { name: 'our gate', contender: 'gate/express tollgate' },
    floor: noOp,
    peers: [{ name: 'SDK v1 gate + jose', contender: 'gate/express sdkV1' }],
  },
  {
    what: 'Fastify gate',
    loads: gateLoads,
    ours: { name: 'our gate', contender: 'gate/fastify tollgate' },
    floor: { name: 'open route', contender: 'gate/fastify open' },
    peers: [{ name: '@fastify/jwt with cache', contender: 'gate/fastify fastifyJwtCached' }],
  },
  {
    what: 'Hono gate',
    loads: gateLoads,
    ours: { name: 'our gate', contender: 'gate/hono tollgate' },
    floor: { name: 'no-op middleware', contender: 'gate/hono noOp' },
    peers: [{ name: 'SDK v2 gate + jose', contender: 'gate/hono sdkV2' }],
  },
  {
    what: 'Express token endpoint',
    loads: tokenLoads,
    ours: tokenEndpoint,
    floor: { name: 'parsed form + signature', contender: 'token/express floor' },
    peers: [{ name: 'SDK v1 mcpAuthRouter + jose', contender: 'token/express sdkV1' }, oidcProvider],
  },
  {
    what: 'Fastify token endpoint',
    loads: tokenLoads,
    ours: { name: 'our token endpoint', contender: 'token/fastify tollgate' },
    peers: [oidcProvider],
  },
  {
    what: 'Hono token endpoint',
    loads: tokenLoads,
    ours: { name: 'our token endpoint', contender: 'token/hono tollgate' },
    peers: [oidcProvider],
  },
  {
    what: 'Growth of the memory store',
    loads: tokenLoads,
    ours: { name: 'with 200000 more entries', contender: 'token/express tollgateFull' },
    peers: [tokenEndpoint],
  },
  {
    what: 'The noise',
    loads: ['one token'],
    ours: noOp,
    peers: [{ ...noOp, name: 'the same' }],
  },
]
