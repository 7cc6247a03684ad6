import type { EventListener } from '../../events/auth-event.js'
import { unavailable } from '../../oauth/oauth-error.js'
import type { Option } from '../../options/option-table.js'
import { option } from '../../options/rows.js'
import { freezeClaims } from './freeze-claims.js'

/**
 * What checks the claims of a token, and says which type they have: a schema of zod, valibot, arktype or another
 * library of the Standard Schema interface. Its output is an object.
 *
 * @see [Standard Schema](https://standardschema.dev)
 */
export interface ClaimsSchema<Claims extends object = Record<string, unknown>> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => ClaimsResult<Claims> | Promise<ClaimsResult<Claims>>
    readonly types?: { readonly input: unknown; readonly output: Claims } | undefined
  }
}

/** What a schema says of claims: what they are, or what is wrong with them. */
export type ClaimsResult<Claims extends object> =
  | { readonly value: Claims; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

export function claimsSchemaOption(): Option<never> {
  return option('be a Standard Schema, for example of zod', (value) => {
    const { '~standard': standard } = (value ?? {}) as Partial<ClaimsSchema>
    return typeof standard?.validate === 'function'
  })
}

/**
 * What the schema makes of the claims of a token: `undefined` if they do not fit. Without a schema, they are what
 * they are.
 *
 * @throws when the schema itself fails: then nobody knows whether they fit, and the token is not bad for that.
 */
export async function readClaims<Claims extends object>(
  claims: Readonly<Record<string, unknown>>,
  schema: ClaimsSchema<Claims> | undefined,
  emit: EventListener,
): Promise<Claims | undefined> {
  // Without a schema, nobody has said of which type the claims are: it is the default one.
  if (schema === undefined) return freezeClaims(claims) as Claims
  try {
    const result = await schema['~standard'].validate(claims)
    if (result.issues !== undefined) return undefined
    if (typeof result.value !== 'object' || result.value === null) {
      throw new TypeError('the "claims" schema must output an object')
    }
    return freezeClaims(result.value)
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'claims', cause })
    throw unavailable('claims_unavailable', cause)
  }
}
