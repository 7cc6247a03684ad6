/** Beyond this depth a JSON document is refused: nothing that is registered or published is that deep. */
const depthLimit = 32

/** Whether a JSON document is nested so deeply that whoever walks through it might run out of stack. */
export function isTooDeep(document: unknown): boolean {
  return isDeeperThan(document, depthLimit)
}

function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  return Object.values(value).some((member) => isDeeperThan(member, limit - 1))
}
