/** The deepest JSON document that is accepted. Metadata is never nested that deeply. */
const depthLimit = 32

/** Whether a JSON document is nested so deeply that a recursive function might run out of stack. */
export function isTooDeep(document: unknown, levels: number = depthLimit): boolean {
  if (typeof document !== 'object' || document === null) return false
  return levels === 0 || Object.values(document).some((member) => isTooDeep(member, levels - 1))
}
