import { nearestName } from './nearest-name.js'

/** A table of all option names. With `satisfies`, the compiler refuses a table that lacks a name. */
export type OptionNames<Options> = Readonly<Record<NameIn<Options>, true | object>>

/** The names in each member of a union, not only those that all members share. */
type NameIn<Options> = Options extends unknown ? keyof Options : never

/** Details for the errors of {@link refuseUnknownOptions}. */
export interface OptionContext {
  /** The path of nested options, for example `lifetimes.`. Default: the options are not nested. */
  readonly path?: string | undefined
  /** What to do about names that are options elsewhere, a sentence for each. */
  readonly remedies?: Readonly<Record<string, string>> | undefined
  /** Whether a subclass is being constructed. It may have passed on its own options by mistake. */
  readonly isSubclass?: boolean | undefined
}

/**
 * Refuses options with unknown names. A misspelled option would be ignored silently, and a limit that it sets would not
 * exist. Options that are `undefined` count as absent.
 *
 * Does **not** check values, except that dangerous switches must be booleans: `'false'` from an environment would turn one
 * on. For values, use `checkedOptions`.
 *
 * @param owner The class or function that takes the options, as the developer wrote it: `JWTVerifier`.
 * @param known The names, as keys: an {@link OptionNames} or an option table.
 * @throws `TypeError` with the nearest known name, or with all of them.
 */
export function refuseUnknownOptions(
  owner: string,
  options: unknown,
  known: object,
  { path = '', remedies = {}, isSubclass = false }: OptionContext = {},
): asserts options is object {
  if (typeof options !== 'object' || options === null) {
    const subject = path === '' ? 'the options' : `"${path.replace(/\.$/, '')}"`
    throw new TypeError(`${owner}: ${subject} must be an object.`)
  }
  // Inherited options count. Members of `Object.prototype` do not: other code has added them.
  for (const name in options) {
    const value: unknown = Reflect.get(options, name)
    if (value === undefined) continue
    if (Object.hasOwn(known, name)) {
      if (name.startsWith('dangerously') && typeof value !== 'boolean')
        throw new TypeError(`${owner}: "${path}${name}" must be true or false.`)
      continue
    }
    if (!Object.hasOwn(options, name) && name in Object.prototype) continue
    const advice = Object.hasOwn(remedies, name) ? remedies[name] : adviceFor(name, known, path)
    const reminder = isSubclass ? ' A subclass must not pass options of its own to super().' : ''
    throw new TypeError(`${owner}: "${path}${name}" is not an option. ${advice}${reminder}`)
  }
}

/** Whether `made`, the `new.target` in the constructor of `own`, is a subclass. */
export function isSubclass(own: object, made: object): boolean {
  return made !== own
}

function adviceFor(name: string, known: object, path: string): string {
  const names = Object.keys(known)
  const nearest = nearestName(name, names)
  return nearest === undefined ? `The options are ${names.join(', ')}.` : `Did you mean "${path}${nearest}"?`
}
