/** Longer than any option. The time to compare two names grows with the product of their lengths. */
const longestName = 64

/** Shorter words are contained in too many names. */
const shortestPart = 4

/**
 * Finds the name that a misspelled one probably means; `undefined` if none is similar.
 *
 * Names are similar if at most a third of the letters differ, regardless of case and separators (`expires_at`, `expiresAt`),
 * or if one contains the other (`scopes`, `requiredScopes`).
 */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const word = lettersOf(written)
  if (word.length > longestName) return undefined
  const mostEdits = Math.max(1, Math.floor(word.length / 3))
  return (
    leastBy(names, (name) => {
      const edits = editDistance(word, lettersOf(name))
      return edits <= mostEdits ? edits : undefined
    }) ?? leastBy(names, (name) => surplusLetters(word, lettersOf(name)))
  )
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** The first of the names with the lowest cost. A name without a cost is not considered. */
function leastBy(names: readonly string[], costOf: (name: string) => number | undefined): string | undefined {
  let best: { readonly name: string; readonly cost: number } | undefined
  for (const name of names) {
    const cost = costOf(name)
    if (cost !== undefined && (best === undefined || cost < best.cost)) best = { name, cost }
  }
  return best?.name
}

/** How many letters longer a word is than the word that it contains; `undefined` if neither contains the other. */
function surplusLetters(one: string, other: string): number | undefined {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  return short.length >= shortestPart && long.includes(short) ? long.length - short.length : undefined
}

/** How many letters to insert, remove, replace or swap with their neighbor to turn one word into the other. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = []
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 0; row <= from.length; row += 1) {
    const current: number[] = []
    rows.push(current)
    for (let column = 0; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(
        row === 0 || column === 0
          ? row + column
          : Math.min(
              at(row - 1, column) + 1,
              at(row, column - 1) + 1,
              at(row - 1, column - 1) + (isSame ? 0 : 1),
              isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
            ),
      )
    }
  }
  return at(from.length, to.length)
}
