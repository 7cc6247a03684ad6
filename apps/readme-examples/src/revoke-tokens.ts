import { auth } from './own-tokens.js'

// When a user signs out everywhere, or changes the password:
export const endUser = (subject: string) => auth.revokeTokens({ subject })

// When a user disconnects an application:
export const disconnect = (subject: string, clientId: string) => auth.revokeTokens({ subject, clientId })

// One grant, by the claim `token_family` of its access tokens:
export const endGrant = (grantId: string) => auth.revokeTokens({ grantId })

// When an application misbehaves. `endClient` keeps its registration, so it may ask users again:
export const endClient = (clientId: string) => auth.revokeTokens({ clientId })
export const forget = (clientId: string) => auth.deleteClient(clientId)
