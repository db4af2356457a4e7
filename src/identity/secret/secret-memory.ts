/**
 * Secrets that can be had only once in the life of a process: standard input and pipes are used up by
 * reading, and a person is asked one question once.
 *
 * One memory serves every identity of an invocation, so that the second role of `serve` and each renewal of
 * a certificate get what the first reading brought. It stays in memory, and in nothing that can be shown.
 *
 * @module
 */

export class SecretMemory {
  readonly #held = new Map<string, Promise<Buffer | undefined>>()

  /**
   * What `read` yields, the first time, and the same afterwards; a failure is not remembered.
   *
   * @param name of the source, or the question.
   * @returns a copy, since readers of secrets overwrite what they were given.
   */
  async once(name: string, read: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    const held = this.#held.get(name) ?? read()
    this.#held.set(name, held)
    try {
      const bytes = await held
      return bytes === undefined ? undefined : Buffer.from(bytes)
    } catch (error) {
      if (this.#held.get(name) === held) this.#held.delete(name)
      throw error
    }
  }

  /** What it yielded was wrong: the next one who wants it reads, or asks, anew. */
  forget(name: string): void {
    this.#held.delete(name)
  }
}
