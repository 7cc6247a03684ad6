import type { RequestListener } from 'node:http'
import type { JWK } from 'jose'

/** Where the tokens of the gates come from. */
export interface TokenSource {
  readonly jwksUri: string
  readonly jwk: JWK
}

/** One thing that is measured: what answers requests, in a process of its own. */
export interface Contender {
  readonly listener: RequestListener
  /** Forms that redeem new authorization codes, for a contender that is a token endpoint. */
  readonly prepare?: (count: number) => Promise<readonly string[]>
}

/** A file of contenders exports these, by the name that `comparisons.ts` calls them. */
export type CreateContender = (source: TokenSource) => Contender | Promise<Contender>
