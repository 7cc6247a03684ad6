import type { RequestListener } from 'node:http'
import type { JWK } from 'jose'

/** The source of the tokens for the gates. */
export interface TokenSource {
  readonly jwksUri: string
  readonly jwk: JWK
}

/** A process that responds to requests and is measured. */
export interface Contender {
  readonly listener: RequestListener
  /** Forms that redeem new authorization codes, for a contender that is a token endpoint. */
  readonly prepare?: (count: number) => Promise<readonly string[]>
}

/** The exports of a file of contenders, by the names in `comparisons.ts`. */
export type CreateContender = (source: TokenSource) => Contender | Promise<Contender>
