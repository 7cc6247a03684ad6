import { type OptionContext, refuseUnknownOptions } from './unknown-options.js'

/** The check and the default of an option. */
export interface Option<Value = unknown> {
  /** What follows "must" in the error for an invalid value: `be 0 to 60 seconds`. `undefined` if the value is valid. */
  readonly problem: (value: unknown, given: object) => string | undefined
  readonly default?: Value
  readonly isRequired?: boolean
  /** The options within this one. */
  readonly members?: Options
}

/** Options by their names. */
export type Options = Readonly<Record<string, Option>>

/** A row for each option of `Given`. With `satisfies`, the compiler refuses a table that lacks a name. */
export type OptionTable<Given> = { readonly [Name in NameIn<Given>]-?: Option<ValueIn<Given, Name>> }

/** The names in each member of a union, not only those that all members share. */
type NameIn<Given> = Given extends unknown ? keyof Given : never

type ValueIn<Given, Name> = Given extends unknown ? (Name extends keyof Given ? Given[Name] : never) : never

/** The options of a table that have a default, with its type. */
export type DefaultsOf<Table> = {
  readonly [Name in keyof Table as Table[Name] extends WithDefault
    ? Name
    : never]: Table[Name] extends WithDefault<infer Value> ? Value : never
}

interface WithDefault<Value = unknown> {
  readonly default: Value
}

/**
 * Checks the names and values of options, and fills in the defaults. `undefined` counts as absent.
 *
 * Does **not** check which options may be set together: see {@link refuseTogether}.
 *
 * @param owner The class or function that takes the options, as the developer wrote it: `JWTVerifier`.
 * @returns a new object with the options of the table.
 * @throws `TypeError`: `Owner: "option" must ….`
 */
export function checkedOptions<Given extends object, Table extends Options>(
  owner: string,
  given: Given,
  table: Table,
  context?: OptionContext,
): Given & DefaultsOf<Table>
export function checkedOptions(
  owner: string,
  given: unknown,
  table: Options,
  context: OptionContext = {},
): Record<string, unknown> {
  refuseUnknownOptions(owner, given, table, context)
  const { path = '' } = context
  const checked: Record<string, unknown> = {}
  for (const [name, row] of Object.entries(table)) {
    let value: unknown = Reflect.get(given, name)
    if (value !== undefined || row.isRequired === true) {
      const problem = row.problem(value, given)
      if (problem !== undefined) throw new TypeError(`${owner}: "${path}${name}" must ${problem}.`)
    }
    if (value === undefined) value = row.default
    // `false` stands for no such object.
    if (row.members !== undefined && typeof value === 'object' && value !== null)
      value = checkedOptions(owner, value, row.members, { path: `${path}${name}.` })
    if (value !== undefined) checked[name] = value
  }
  return checked
}

/** @throws `TypeError` if one option is set together with one of the others. */
export function refuseTogether(
  owner: string,
  given: object,
  option: string,
  others: readonly string[],
): void {
  const isSet = (name: string) => (Reflect.get(given, name) ?? false) !== false
  const other = others.find(isSet)
  if (isSet(option) && other !== undefined)
    throw new TypeError(`${owner}: "${option}" and "${other}" must not both be set. Remove one.`)
}
