/**
 * Which user is at the other end of a loopback TCP connection, on Linux.
 *
 * TCP knows no users, but the kernel does. Its table has a row for every socket of the machine, so one
 * look at it serves all connections that are waiting for one.
 *
 * @see reliability.md T1 and 3.6
 * @module
 */

import type { Socket } from 'node:net'
import { TcpTable } from './tcp-table.ts'

interface Question {
  readonly socket: Socket
  readonly answer: (uid: number | undefined) => void
}

export class PeerUsers {
  readonly #known = new WeakMap<Socket, Promise<number | undefined>>()
  #questions: Question[] = []
  #isReading = false

  /** Undefined when the peer is not in the table: on another machine, or in a container. */
  async uidOf(socket: Socket): Promise<number | undefined> {
    const known = this.#known.get(socket)
    if (known !== undefined) return await known
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    this.#known.set(socket, promise)
    this.#questions.push({ socket, answer: resolve })
    if (!this.#isReading) void this.#read()
    return await promise
  }

  /** A table that was begun before a connection was there may lack it: such questions wait for the next. */
  async #read(): Promise<void> {
    this.#isReading = true
    while (this.#questions.length > 0) {
      const questions = this.#questions
      this.#questions = []
      const table = await TcpTable.read()
      for (const { socket, answer } of questions) answer(uidIn(table, socket))
    }
    this.#isReading = false
  }
}

function uidIn(table: TcpTable, socket: Socket): number | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || localAddress === undefined) return undefined
  if (remotePort === undefined || localPort === undefined) return undefined
  return table.uidOf(
    { address: remoteAddress, port: remotePort },
    { address: localAddress, port: localPort },
  )
}
