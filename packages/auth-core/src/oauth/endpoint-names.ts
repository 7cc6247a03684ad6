/** The endpoints of an authorization server, by the names that options, events and rate limits use. */
export const endpointNames = [
  'authorize',
  'consent',
  'token',
  'register',
  'revoke',
  'introspect',
  'jwks',
] as const

/** The name of an endpoint of an authorization server. */
export type EndpointName = (typeof endpointNames)[number]
