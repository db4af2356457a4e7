/**
 * Who is connected, and who goes when too many are: sockets cost nothing to whoever opens them, and the
 * first thousand must not keep out the next user of the machine.
 *
 * @see reliability.md T6
 * @module
 */

import type { Socket } from 'node:net'
import type { PeerUsers } from '../../machine/peer-uid.ts'

export interface ConnectionLimits {
  /** Of one user of this machine, or one address of another. */
  readonly perPeer: number
  readonly total: number
}

export class Connections {
  readonly #limits: ConnectionLimits
  readonly #users: PeerUsers
  /** By when they were last busy, the longest ago first. */
  readonly #idle = new Set<Socket>()
  readonly #busy = new Set<Socket>()
  #isMakingRoom = false

  constructor(limits: ConnectionLimits, users: PeerUsers) {
    this.#limits = limits
    this.#users = users
  }

  /** Counts a new connection, and makes room for it. */
  add(socket: Socket): void {
    this.#idle.add(socket)
    socket.once('close', () => {
      this.#idle.delete(socket)
      this.#busy.delete(socket)
    })
    // No single peer can have too many before all have.
    const count = this.#idle.size + this.#busy.size
    if (count > this.#limits.perPeer && !this.#isMakingRoom) void this.#makeRoom()
  }

  /** A request has come in on it. */
  busy(socket: Socket): void {
    if (this.#idle.delete(socket)) this.#busy.add(socket)
  }

  /** Its answer has gone out. */
  idle(socket: Socket): void {
    if (this.#busy.delete(socket)) this.#idle.add(socket)
  }

  isIdle(socket: Socket): boolean {
    return this.#idle.has(socket)
  }

  async #makeRoom(): Promise<void> {
    this.#isMakingRoom = true
    for (;;) {
      const peers = await this.#byPeer()
      const total = [...peers.values()].reduce((sum, { length }) => sum + length, 0)
      const [most = []] = [...peers.values()].sort((a, b) => b.length - a.length)
      const over = Math.max(most.length - this.#limits.perPeer, total - this.#limits.total)
      if (over <= 0) break
      // Without an idle one the newest goes, as if it had found no room.
      const members = new Set(most)
      const idle = [...this.#idle].filter((socket) => members.has(socket))
      const leaving = [...idle, ...most.toReversed()].slice(0, Math.min(over, most.length))
      for (const socket of leaving) {
        socket.destroy()
        this.#idle.delete(socket)
        this.#busy.delete(socket)
      }
    }
    this.#isMakingRoom = false
  }

  async #byPeer(): Promise<Map<string, Socket[]>> {
    const named = await Promise.all(
      [...this.#idle, ...this.#busy].map(async (socket) => {
        const uid = await this.#users.uidOf(socket)
        return [
          uid === undefined ? `at ${socket.remoteAddress ?? ''}` : `uid ${uid}`,
          socket,
        ] as const
      }),
    )
    const peers = new Map<string, Socket[]>()
    for (const [peer, socket] of named) {
      // Some have gone while the table was read.
      if (!this.#idle.has(socket) && !this.#busy.has(socket)) continue
      const sockets = peers.get(peer)
      if (sockets === undefined) peers.set(peer, [socket])
      else sockets.push(socket)
    }
    return peers
  }
}
