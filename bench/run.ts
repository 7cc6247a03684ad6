/**
 * Measures contenders in turns and prints ratios with their spread: `pnpm bench [ROUNDS] [FILTER]`. Costs depend on the
 * machine, the ratios of one run much less. Nothing is asserted.
 */
import { type Comparison, comparisons, type Entry, type LoadName } from './comparisons.js'
import { ContenderProcess, pinThisProcess } from './contender-process.js'
import { startIssuer } from './issuer.js'
import { type Costs, measureGate, measureTokenEndpoint } from './measure.js'
import { print } from './report.js'
import { compareVerifiers, verifiersName } from './verifiers.js'

const rounds = Number(process.argv[2] ?? 15)
const filter = process.argv[3] ?? ''
/** How often each process of a contender is measured, and how often it runs unmeasured first. */
const turns = 3
const warmUpTurns = 4
const codesInTurn = 1000

console.log(
  process.platform === 'linux'
    ? 'Processor time per request in microseconds, and ratios of requests per processor time:'
    : 'Time per request in microseconds, and ratios of requests per time:',
)
const source = await startIssuer()
const tokens = await Promise.all(Array.from({ length: 5000 }, source.mint))
pinThisProcess()
for (const comparison of comparisons) {
  for (const load of comparison.loads) {
    if (`${comparison.what}, ${load}`.includes(filter)) await compare(comparison, load)
  }
}
if (verifiersName.includes(filter)) await compareVerifiers(source, rounds)
source.close()

async function compare(comparison: Comparison, load: LoadName): Promise<void> {
  const { ours, floor, peers } = comparison
  const entries = [...(floor === undefined ? [] : [floor]), ours, ...peers]
  const costs = new Map<Entry, Costs[]>(entries.map((entry) => [entry, []]))
  // Two processes of the same program differ by some percent for their whole life, so each round starts new ones.
  for (let round = 0; round < rounds; round += turns) {
    const contenders = await Promise.all(
      entries.map(async (entry) => {
        const process = await ContenderProcess.start(entry.contender, source)
        return { entry, process, measureTurn: await startLoad(load, process) }
      }),
    )
    for (let turn = -warmUpTurns; turn < turns; turn += 1) {
      // The order changes each time, so that no contender always follows the same one.
      for (const { entry, measureTurn } of turn % 2 === 0 ? contenders : contenders.toReversed()) {
        const cost = await measureTurn()
        if (turn >= 0) costs.get(entry)?.push(cost)
      }
    }
    for (const { process } of contenders) process.stop()
  }
  for (const phase of Object.keys(costs.get(ours)?.[0] ?? {})) {
    report(comparison, phase, (entry) => (costs.get(entry) ?? []).map((cost) => cost[phase] ?? Number.NaN))
  }
}

/** One turn with a contender. Its codes are created beforehand, because creating them leaves work behind. */
async function startLoad(load: LoadName, process: ContenderProcess): Promise<() => Promise<Costs>> {
  if (load !== 'codes and refresh tokens') return () => measureGate(process, load, tokens)
  const forms = [...(await process.prepare((warmUpTurns + turns) * codesInTurn))]
  return () => measureTokenEndpoint(process, forms.splice(0, codesInTurn))
}

function report(
  { what, ours, floor, peers }: Comparison,
  phase: string,
  costsOf: (entry: Entry) => readonly number[],
): void {
  console.log(`\n${what}, ${phase}`)
  for (const entry of [...(floor === undefined ? [] : [floor]), ours, ...peers]) {
    print(entry.name, costsOf(entry))
  }
  const printRatio = (of: Entry, to: Entry, remark?: string) => {
    const costs = costsOf(of)
    const ratios = costsOf(to).map((cost, round) => cost / (costs[round] ?? Number.NaN))
    print(`${of.name} / ${to.name}`, ratios, remark)
  }
  if (floor !== undefined) printRatio(ours, floor)
  for (const peer of peers) {
    printRatio(ours, peer)
    if (floor !== undefined) printRatio(floor, peer, ': the most that is possible')
  }
}
