import type { Parameters } from 'fast-check'

/**
 * How often a property is tried: with the same inputs each time. A failure prints the seed and the input. To look for
 * more, run the tests with another `PROPERTY_SEED`.
 */
export function runs(numRuns: number): Parameters<unknown> {
  return { numRuns, seed: Number(process.env['PROPERTY_SEED'] ?? 20_260_728) }
}
