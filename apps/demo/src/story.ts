import { styleText } from 'node:util'
import type { Exchange } from './recorded-fetch.js'

/** What a step shows. */
export type Shown =
  | Exchange
  /** A page that the user saw, and the button that they pressed. */
  | { readonly page: string; readonly button: string }
  /** Something else, in words. */
  | string

const hasColors = process.stdout.isTTY && process.stdout.hasColors()

/** Prints the steps of a story as they happen, and stops at the first that fails. */
export class Story {
  #chapter = ''
  #steps = 0
  /** How many steps of all chapters have succeeded. */
  succeeded = 0

  chapter(title: string, lines: readonly string[] = []): void {
    this.#chapter = title
    this.#steps = 0
    console.log(`\n${bold(title)}`)
    for (const line of lines) console.log(`  ${line}`)
  }

  /** @param act Does the step and returns what there is to see. It throws if the step fails. */
  async step(title: string, act: () => Promise<readonly Shown[]>): Promise<void> {
    this.#steps += 1
    console.log(`\n${bold(`${String(this.#steps).padStart(2)}. ${title}`)}`)
    try {
      for (const line of (await act()).flatMap(linesOf)) console.log(`      ${line}`)
      this.succeeded += 1
    } catch (error) {
      throw new Error(`${this.#chapter}, step ${this.#steps} failed: ${title}`, { cause: error })
    }
  }
}

function linesOf(shown: Shown): string[] {
  if (typeof shown === 'string') return [shown]
  if ('page' in shown) return [row(`page: ${shown.page}`, `[${shown.button}]`)]
  const { method, url, about, status, challenge, note } = shown
  const sent = `${method.padEnd(4)} ${[new URL(url).pathname, about].filter(Boolean).join('  ')}`
  return [
    row(sent, `${colored(status)}${note === undefined ? '' : `  ${note}`}`),
    ...challengeLines(challenge),
  ]
}

function row(left: string, right: string): string {
  return `${left.padEnd(52)} ${right}`
}

/** A line for each parameter: as one line, a challenge is too long for a terminal. */
function challengeLines(challenge: string | null): string[] {
  if (challenge === null) return []
  const parameters = [...challenge.matchAll(/\w+="[^"]*"/g)].map(([parameter]) => `  ${parameter}`)
  return ['WWW-Authenticate: Bearer', ...parameters].map((line) => dim(`  ${line}`))
}

function colored(status: number): string {
  if (!hasColors) return String(status)
  return styleText(status < 400 ? 'green' : 'yellow', String(status))
}

function bold(text: string): string {
  return hasColors ? styleText('bold', text) : text
}

function dim(text: string): string {
  return hasColors ? styleText('dim', text) : text
}
