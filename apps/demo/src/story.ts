/** Tells what happens while it happens, and stops at the first step that does not hold. */
export class Story {
  #chapter = ''

  chapter(title: string): void {
    this.#chapter = title
    console.log(`\n${title}`)
  }

  /** @param act does the step and answers what came back, line by line; it throws if the step does not hold. */
  async step(title: string, act: () => Promise<readonly string[]>): Promise<void> {
    try {
      const lines = await act()
      console.log(`  ✓ ${title}`)
      for (const line of lines) console.log(`      ${line}`)
    } catch (error) {
      console.log(`  ✗ ${title}`)
      throw new Error(`${this.#chapter}: "${title}" does not hold`, { cause: error })
    }
  }
}
