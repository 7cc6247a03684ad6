import { nearestName } from './nearest-name.js'

/** A table of all option names. With `satisfies`, the compiler refuses one that lacks a name. */
export type OptionNames<Options> = Readonly<Record<NameIn<Options>, true | object>>

/** The names in each member of a union, not only those that all members share. */
type NameIn<Options> = Options extends unknown ? keyof Options : never

/** What {@link refuseUnknownOptions} may be told besides the names. */
export interface OptionContext {
  /** Where the options are in others, for example `lifetimes.`. Default: they are the outermost. */
  readonly path?: string | undefined
  /** For names that are options elsewhere: a sentence that says what to do. */
  readonly remedies?: Readonly<Record<string, string>> | undefined
  /** Whether a subclass is being made, whose own options may have been passed on by mistake. */
  readonly isSubclass?: boolean | undefined
}

/**
 * Refuses an option whose name is unknown. A misspelt option would be ignored in silence, and a limit that it sets would
 * not exist. Options that are `undefined` count as absent. Does **not** check values, except those of dangerous switches:
 * `'false'` from an environment would turn one on.
 *
 * @param owner What the options are for, as the developer wrote it: `JWTVerifier`.
 * @param known The names, as keys: an {@link OptionNames}.
 * @throws `TypeError` that names the option, and the one that was probably meant or all that exist.
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
  // Inherited options are read like the others. What all objects inherit, some other code has put there.
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

/** Whether `made`, the `new.target` of a constructor of `own`, is another class. */
export function isSubclass(own: object, made: object): boolean {
  return made !== own
}

function adviceFor(name: string, known: object, path: string): string {
  const names = Object.keys(known)
  const nearest = nearestName(name, names)
  return nearest === undefined ? `The options are ${names.join(', ')}.` : `Did you mean "${path}${nearest}"?`
}
