/**
 * Who is at the other end of a connection, found out once for all of its requests.
 *
 * @see reliability.md T1
 * @module
 */

import type { Socket } from 'node:net'
import { isLoopback } from '../../core/loopback.ts'
import type { PeerUsers } from '../../machine/peer-uid.ts'
import type { EndpointPeer } from './exchange.ts'

export class Peers {
  readonly #known = new WeakMap<Socket, EndpointPeer>()
  readonly #users: PeerUsers
  readonly #needsUser: boolean

  /** @param needsUser - whether the user of a peer is looked up, which takes a moment */
  constructor(users: PeerUsers, needsUser: boolean) {
    this.#users = users
    this.#needsUser = needsUser
  }

  /** Undefined while the user has still to be looked up. */
  known(socket: Socket): EndpointPeer | undefined {
    const known = this.#known.get(socket)
    return known === undefined && !this.#needsUser ? this.#keep(socket, undefined) : known
  }

  async of(socket: Socket): Promise<EndpointPeer> {
    return this.known(socket) ?? this.#keep(socket, await this.#users.uidOf(socket))
  }

  #keep(socket: Socket, uid: number | undefined): EndpointPeer {
    const peer = { isLocal: isLocal(socket), uid }
    this.#known.set(socket, peer)
    return peer
  }
}

function isLocal({ remoteAddress, localAddress }: Socket): boolean {
  const isSelf = remoteAddress !== undefined && remoteAddress === localAddress
  return isSelf || isLoopback(remoteAddress ?? '')
}
