import type { ClientRejection } from '../../oauth/reasons.js'

/** Credentials that do not prove who the client is, and why. */
export interface RejectedProof {
  readonly rejected: ClientRejection
  /** Whether the client may have published keys since that would accept them, and those cannot be fetched now. */
  readonly isUncertain?: boolean
}

/** Credentials that prove who the client is. */
export interface AcceptedProof {
  readonly rejected?: undefined
  readonly isUncertain?: undefined
  /** Consumes what works only once. Resolves to a rejection if another request has consumed it. */
  readonly consume: () => Promise<ClientRejection | undefined>
}

/** The result of checking a client's credentials. */
export type Proof = AcceptedProof | RejectedProof

/** A proof that may be repeated. */
export const reusableProof: AcceptedProof = { consume: async () => undefined }
