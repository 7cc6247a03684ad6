import { type StaticClient, secretDigest } from '@tollgate/auth-core'
import { basic } from './credentials.js'

/** A secret as an operator generates it, and its digest in the options. */
export const secret = 'a-secret-of-43-characters-as-from-a-generator'
export const digest: string = await secretDigest(secret)

export const otherSecret = 'another-secret-of-the-same-kind-and-length-xx'
export const otherDigest: string = await secretDigest(otherSecret)

/** A service that gets tokens for itself. */
export const billing: StaticClient = {
  client_id: 'billing',
  secrets: [{ digest }],
  grant_types: ['client_credentials'],
  scope: 'notes:read',
}

export const billingHeader = basic('billing', secret)
