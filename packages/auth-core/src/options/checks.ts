/** @throws `TypeError`, naming the option, unless it is a string or a list of strings, none of them empty. */
export function checkedList(option: string, value: string | readonly string[]): readonly string[] {
  const list = typeof value === 'string' ? [value] : value
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    !list.every((one) => typeof one === 'string' && one !== '')
  ) {
    throw new TypeError(`"${option}" must be a string or a list of strings, not empty`)
  }
  return [...list]
}

/** The most seconds that clocks may be said to differ: longer than that, they do not. */
export const longestTolerance = 60

/** Nothing that is waited for or remembered here is meant to take longer than a day, in seconds. */
const day = 24 * 3600

/** @throws `TypeError`, naming the option, unless it is 0 to 60. */
export function checkedTolerance(clockTolerance: number): number {
  return checkedSeconds('clockTolerance', clockTolerance, 0, longestTolerance)
}

/** @throws `TypeError`, naming the option, unless it is a number of seconds from `least` to `most`. */
export function checkedSeconds(option: string, value: number, least = 0, most: number = day): number {
  // Text would be compared as a number, and then put in front of one.
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw new TypeError(`"${option}" must be ${least} to ${most} seconds`)
  return value
}
