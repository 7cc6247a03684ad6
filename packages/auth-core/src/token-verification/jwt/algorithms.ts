/** The signature algorithms whose keys can be published (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
export const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const

/** The signature algorithms with a shared secret (RFC 7518 section 3.2). */
export const hmacAlgorithms = ['HS256', 'HS384', 'HS512'] as const
