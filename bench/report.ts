/** Prints a line of figures: the median and the spread. */
export function print(what: string, figures: readonly number[], remark = ''): void {
  const sorted = figures.toSorted((a, b) => a - b)
  const at = (share: number) => digits(sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN)
  const spread = `quartiles ${at(0.25)} to ${at(0.75)}, all ${at(0)} to ${at(1)}`
  console.log(`  ${what.padEnd(56)} ${at(0.5).padStart(6)}   (${spread})${remark}`)
}

function digits(figure: number): string {
  return figure.toFixed(figure < 10 ? 2 : figure < 100 ? 1 : 0)
}
