/** The members of client metadata whose value is one URL (RFC 7591 section 2). */
export const urlMembers: readonly string[] = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri']

/** The values of `application_type` (OpenID Connect Dynamic Client Registration section 2). */
export const applicationTypes = ['native', 'web'] as const
