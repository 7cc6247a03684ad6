/** Beyond this depth a JSON document is refused: nothing that is registered or published is that deep. */
const depthLimit = 32

/** Whether a JSON document is nested so deeply that whoever walks through it might run out of stack. */
export function isTooDeep(document: unknown, levels: number = depthLimit): boolean {
  if (typeof document !== 'object' || document === null) return false
  return levels === 0 || Object.values(document).some((member) => isTooDeep(member, levels - 1))
}
