import type { EventListener } from '../../events/auth-event.js'
import type { Option } from '../../options/option-table.js'
import { isTextList, listOf, option, required } from '../../options/rows.js'
import { ignoreRejection } from '../../runtime/promise-like.js'
import { readWith } from './claim-mapping.js'

type Claims = Readonly<Record<string, unknown>>

/** Returns the issuer that a token with these claims must name. `undefined` refuses the token. */
export type IssuerOfClaims = (claims: Claims) => string | undefined

/** The issuers whose tokens a verifier accepts. */
export interface AcceptedIssuers {
  /** As the operator wrote them, for events. */
  readonly names: readonly string[]
  /**
   * Returns the issuers that a token with these unverified claims may name.
   *
   * @param emit Gets an event if a function of the application fails.
   * @throws `temporarily_unavailable` in that case.
   */
  of(claims: Claims, emit: EventListener): readonly string[]
  /**
   * How they are configured. A function runs last, only for tokens that are valid otherwise, so that tokens of other issuers
   * cannot make it fail.
   */
  readonly kind: 'exact' | 'template' | 'function'
}

/** Issuers with exact names. */
export function exactIssuers(names: readonly string[]): AcceptedIssuers {
  return { names, of: () => names, kind: 'exact' }
}

/** Stands for the tenant in an issuer, as in the metadata and keys of Entra ID. */
const placeholder = '{tenantid}'
const guid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i

/**
 * The issuer of each tenant: the template with the token's own `tid`, which must be a GUID and one of `tenants`. A token
 * therefore cannot name the issuer of one tenant and the `tid` of another.
 *
 * @see [Entra ID](https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer)
 */
function issuersOfTenants(
  templates: readonly string[],
  tenants: ReadonlySet<string> | 'any',
): AcceptedIssuers {
  const of = ({ tid }: Claims) =>
    isGuid(tid) && (tenants === 'any' || tenants.has(tid.toLowerCase()))
      ? templates.map((template) => template.replace(placeholder, () => tid))
      : []
  return { names: templates, of, kind: 'template' }
}

function issuersOfFunction(issuerOf: IssuerOfClaims): AcceptedIssuers {
  const of: AcceptedIssuers['of'] = (claims, emit) =>
    readWith('issuer', emit, () => {
      const issuer: unknown = issuerOf(claims)
      if (issuer === undefined || issuer === null) return []
      if (typeof issuer === 'string') return [issuer]
      ignoreRejection(issuer)
      throw new TypeError('"issuer" must return a string or undefined, not a promise')
    })
  return { names: [], of, kind: 'function' }
}

/**
 * Whether a key that names an issuer may verify a token of the accepted issuer `iss`. A key with the placeholder verifies
 * tokens of all tenants. Any other key verifies tokens of its own issuer, and of other issuers of the same tenant: Entra ID
 * names the v2.0 issuer in keys that also sign v1.0 tokens.
 *
 * The claim `tid` does not count: a tenant that signs with its own key can write another tenant's issuer beside its own `tid`.
 */
export function isKeyOfIssuer(keyIssuer: string, iss: string | undefined): boolean {
  if (keyIssuer === iss || keyIssuer.includes(placeholder)) return true
  const tenant = tenantOf(iss)
  return tenant !== undefined && tenantOf(keyIssuer) === tenant
}

/** The tenant in the path of an issuer; `undefined` if it names none or several. */
function tenantOf(issuer: string | undefined): string | undefined {
  const [tenant, ...others] = issuer?.split('/').filter(isGuid) ?? []
  return others.length === 0 ? tenant : undefined
}

function isGuid(value: unknown): value is string {
  return typeof value === 'string' && guid.test(value)
}

export function issuerOption(): Option<never> {
  return required(
    option(
      'be an issuer, a list of issuers or a function',
      (value) => typeof value === 'function' || isTextList(value),
    ),
  )
}

export function tenantsOption(): Option<never> {
  return option(
    'be a list of GUIDs, or "any" for every tenant',
    (value) => value === 'any' || (Array.isArray(value) && value.length > 0 && value.every(isGuid)),
  )
}

/**
 * @param tenants The tenants of an issuer with a placeholder.
 * @throws `TypeError` for options that do not fit each other.
 */
export function acceptedIssuers(
  issuer: string | readonly string[] | IssuerOfClaims,
  tenants: 'any' | readonly string[] | undefined,
): AcceptedIssuers {
  const names = typeof issuer === 'function' ? [] : listOf(issuer)
  const templates = names.filter((name) => name.includes(placeholder))
  if (templates.length === 0 && tenants !== undefined)
    throw new TypeError(`JWTVerifier: "tenants" must not be set without ${placeholder} in "issuer".`)
  if (typeof issuer === 'function') return issuersOfFunction(issuer)
  const wrong = names.find((name) => /[{}]/.test(name.replace(placeholder, '')))
  if (wrong !== undefined)
    throw new TypeError(`JWTVerifier: "issuer" must have no other placeholder than one ${placeholder}.`)
  if (templates.length === 0) return exactIssuers(names)
  if (templates.length < names.length)
    throw new TypeError(`JWTVerifier: "issuer" must have ${placeholder} in each issuer, or in none.`)
  if (tenants === undefined)
    throw new TypeError(`JWTVerifier: "tenants" must be set with ${placeholder} in "issuer".`)
  const accepted = tenants === 'any' ? tenants : new Set(tenants.map((tenant) => tenant.toLowerCase()))
  return issuersOfTenants(templates, accepted)
}
