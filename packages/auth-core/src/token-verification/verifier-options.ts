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

/** @throws `TypeError`, naming the option, unless it is 0 to 60: longer than that, clocks do not differ. */
export function checkedTolerance(clockTolerance: number): number {
  if (!(clockTolerance >= 0 && clockTolerance <= 60))
    throw new TypeError('"clockTolerance" must be 0 to 60 seconds')
  return clockTolerance
}

/** @throws `TypeError`, naming the option, unless it is a time from `least` up that comes to an end. */
export function checkedSeconds(option: string, value: number, least = 0): number {
  if (!(Number.isFinite(value) && value >= least))
    throw new TypeError(`"${option}" must be a number of seconds, ${least} at least`)
  return value
}
