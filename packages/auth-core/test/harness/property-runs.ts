import type { Parameters } from 'fast-check'

/**
 * How often a property runs. The inputs are the same in every run. A failure prints the seed and the input. To try other
 * inputs, set another `PROPERTY_SEED`.
 */
export function runs(numRuns: number): Parameters<unknown> {
  return { numRuns, seed: Number(process.env['PROPERTY_SEED'] ?? 20_260_728) }
}
