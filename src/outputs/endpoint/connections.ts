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

interface Activity {
  isBusy: boolean
  /** Grows: the least is that of who was busy the longest ago. */
  turn: number
}

export class Connections {
  readonly #limits: ConnectionLimits
  readonly #users: PeerUsers
  /** In the order in which they came. */
  readonly #open = new Map<Socket, Activity>()
  #turn = 0
  #isMakingRoom = false

  constructor(limits: ConnectionLimits, users: PeerUsers) {
    this.#limits = limits
    this.#users = users
  }

  /** Counts a new connection, and makes room for it. */
  add(socket: Socket): void {
    this.#open.set(socket, { isBusy: false, turn: this.#turn++ })
    socket.once('close', () => {
      this.#open.delete(socket)
    })
    // No single peer can have too many before all have.
    if (this.#open.size > this.#limits.perPeer && !this.#isMakingRoom) void this.#makeRoom()
  }

  /** A request has come in on it. */
  busy(socket: Socket): void {
    const activity = this.#open.get(socket)
    if (activity !== undefined) activity.isBusy = true
  }

  /** Its answer has gone out. */
  idle(socket: Socket): void {
    const activity = this.#open.get(socket)
    if (activity === undefined) return
    activity.isBusy = false
    activity.turn = this.#turn++
  }

  isIdle(socket: Socket): boolean {
    return this.#open.get(socket)?.isBusy === false
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
      const idle = most
        .filter((socket) => this.isIdle(socket))
        .sort((a, b) => this.#turnOf(a) - this.#turnOf(b))
      const leaving = [...idle, ...most.toReversed()].slice(0, Math.min(over, most.length))
      for (const socket of leaving) {
        socket.destroy()
        this.#open.delete(socket)
      }
    }
    this.#isMakingRoom = false
  }

  #turnOf(socket: Socket): number {
    return this.#open.get(socket)?.turn ?? 0
  }

  async #byPeer(): Promise<Map<string, Socket[]>> {
    const named = await Promise.all(
      [...this.#open.keys()].map(async (socket) => {
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
      if (!this.#open.has(socket)) continue
      const sockets = peers.get(peer)
      if (sockets === undefined) peers.set(peer, [socket])
      else sockets.push(socket)
    }
    return peers
  }
}
