import type { DefaultsOf, Option, Options } from './option-table.js'
import { urlProblem } from './url.js'

/** An option without a default. Its type fits any option of a table. */
type Row = Option<never>

/** An option with a default. */
type RowWith<Value> = Option<Value> & { readonly default: Value }

/** @param must What follows "must" in an error: `be a function`. */
export function option(must: string, isValid: (value: unknown) => boolean): Row {
  return { problem: (value) => (isValid(value) ? undefined : must) }
}

export function required(row: Row): Row {
  return { ...row, isRequired: true }
}

export function withDefault<Value>(row: Row, value: Value): RowWith<Value> {
  return { ...row, default: value }
}

export function anyFunction(): Row {
  return option('be a function', (value) => typeof value === 'function')
}

export function functionOrFalse(): Row {
  return option('be a function, or false', (value) => typeof value === 'function' || value === false)
}

/** A switch, off by default. Text is refused, because `'false'` from an environment would turn it on. */
export function flag(): RowWith<boolean> {
  return withDefault(oneOf(true, false), false)
}

export function text(): Row {
  return option('be a string, not empty', isText)
}

/** One string or several: {@link listOf} makes a list of them. */
export function textList(): Row {
  return option('be a string or a list of strings, none of them empty', isTextList)
}

export function oneOf(...values: readonly unknown[]): Row {
  const names = values.map((value) => JSON.stringify(value))
  return option(`be ${names.join(' or ')}`, (value) => values.includes(value))
}

/** The longest timeout or cache lifetime, in seconds. */
const day = 24 * 3600

/** Seconds from `least` to `most`, a day if it is not given. Text is refused, because comparing would convert it. */
export function seconds({ least = 0, most = day }: { least?: number; most?: number } = {}): Row {
  return option(
    `be ${least} to ${most} seconds`,
    (value) => typeof value === 'number' && value >= least && value <= most,
  )
}

/** The most seconds that clocks may differ. A larger difference is a clock that is not synchronized. */
export const longestTolerance = 60

export function clockTolerance(): RowWith<number> {
  return withDefault(seconds({ most: longestTolerance }), 30)
}

export function wholeNumber({ least, most }: { least: number; most?: number }): Row {
  const range = most === undefined ? `${least} or more` : `${least} to ${most}`
  return option(
    `be a whole number, ${range}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= (most ?? Infinity),
  )
}

/** An https URL, or an http URL if the option `dangerouslyAllowInsecureUrls` is set. */
export function url(): Row {
  return {
    problem: (value, given) => urlProblem(value, Reflect.get(given, 'dangerouslyAllowInsecureUrls') === true),
  }
}

/** A URL that may also have a query, but no fragment. */
export function urlWithQuery(): Row {
  return {
    // A query is left out, but not in front of a fragment.
    problem: (value, given) =>
      url().problem(typeof value === 'string' ? value.replace(/\?[^#]*$/, '') : value, given),
  }
}

/** A list of URLs, each as in {@link url}. */
export function urlList(): Row {
  return {
    problem(value, given) {
      if (!Array.isArray(value)) return 'be a list of URLs'
      return value.map((one) => url().problem(one, given)).find((problem) => problem !== undefined)
    },
  }
}

/** An object of options. */
export function members<Table extends Options>(table: Table): Row & { readonly members: Table } {
  return { ...option('be an object', isObject), members: table }
}

/** An object of options, or `false` for none. */
export function membersOrFalse<Table extends Options>(table: Table): Row & { readonly members: Table } {
  return {
    ...option('be an object, or false', (value) => value === false || isObject(value)),
    members: table,
  }
}

/** An object of options that all have defaults. Without the object, the defaults count. */
export function membersWithDefaults<Table extends Options>(table: Table): RowWith<DefaultsOf<Table>> {
  return { ...members(table), default: {} as DefaultsOf<Table> }
}

export function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : [...value]
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

export function isTextList(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText))
}
