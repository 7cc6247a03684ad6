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

export function mapEndpoints<Value>(value: (name: EndpointName) => Value): Record<EndpointName, Value> {
  return Object.fromEntries(endpointNames.map((name) => [name, value(name)])) as Record<EndpointName, Value>
}
