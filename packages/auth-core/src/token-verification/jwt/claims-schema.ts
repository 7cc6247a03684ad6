import type { EventListener } from '../../events/auth-event.js'
import { unavailable } from '../../oauth/oauth-error.js'
import type { Option } from '../../options/option-table.js'
import { option } from '../../options/rows.js'
import { freezeClaims } from './freeze-claims.js'

/**
 * Checks the claims of a token, and gives them a type: a schema of zod, valibot, arktype or another library with the
 * Standard Schema interface. Its output must be an object.
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

/** The result of a schema: the claims, or the issues. */
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
 * The output of the schema for the claims of a token; `undefined` if they do not match. Without a schema, the claims
 * themselves.
 *
 * @throws `temporarily_unavailable` if the schema fails: that does not make the token invalid.
 */
export async function readClaims<Claims extends object>(
  claims: Readonly<Record<string, unknown>>,
  schema: ClaimsSchema<Claims> | undefined,
  emit: EventListener,
): Promise<Claims | undefined> {
  // Without a schema, `Claims` is its default, a record of unknown values.
  if (schema === undefined) return freezeClaims(claims) as Claims
  try {
    const result = await schema['~standard'].validate(claims)
    if (result.issues !== undefined) return undefined
    if (typeof result.value !== 'object' || result.value === null) {
      throw new TypeError('the schema in "claims" must output an object')
    }
    return freezeClaims(result.value)
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'claims', cause })
    throw unavailable('claims_unavailable', cause)
  }
}
