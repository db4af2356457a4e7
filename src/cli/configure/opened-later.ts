/**
 * A conversation that begins with its first question: who has given everything needs no terminal.
 *
 * @module
 */

import type { Conversation } from '../conversation.ts'

/** The terminal is looked for only when there is a question. */
export class OpenedLater implements Disposable {
  readonly #open: () => Promise<Conversation | undefined>
  #opened: Promise<Conversation | undefined> | undefined
  #conversation: Conversation | undefined

  constructor(open: () => Promise<Conversation | undefined>) {
    this.#open = open
  }

  /** Undefined where there is no terminal. */
  async get(): Promise<Conversation | undefined> {
    this.#opened ??= this.#open()
    this.#conversation = await this.#opened
    return this.#conversation
  }

  /** Undefined when nothing was asked. */
  get ifOpen(): Conversation | undefined {
    return this.#conversation
  }

  [Symbol.dispose](): void {
    this.#conversation?.[Symbol.dispose]()
    this.#conversation = undefined
  }
}
