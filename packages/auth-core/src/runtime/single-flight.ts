/** Runs a task once at a time for each key. Callers that come while it runs share its promise. */
export class SingleFlight<Value> {
  readonly #running = new Map<string, Promise<Value>>()

  /** How many tasks are running. */
  get size(): number {
    return this.#running.size
  }

  /** The task that is running for a key. */
  get(key = ''): Promise<Value> | undefined {
    return this.#running.get(key)
  }

  run(task: () => Promise<Value>, key = ''): Promise<Value> {
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = task().finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }
}
