/**
 * The kernel's table of TCP sockets, which knows the user of each.
 *
 * @see proc(5), /proc/net/tcp; reliability.md T1 and 3.6
 * @module
 */

import { readFile } from 'node:fs/promises'

/** One end of a connection: `::ffff:127.0.0.1` and `127.0.0.1` are the same. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
}

export class TcpTable {
  /** By local and remote address as the kernel writes them. */
  readonly #connections = new Map<string, number>()
  /** By local address. */
  readonly #listeners = new Map<string, number>()

  /** @param text - of /proc/net/tcp, /proc/net/tcp6, or both one after the other */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, local = '', remote = '', state = '', , , , uid = ''] = line.trim().split(/\s+/)
      if (!/^\d+$/.test(uid)) continue
      if (state === LISTENING) this.#listeners.set(local, Number(uid))
      else if (LIVE.includes(state)) this.#connections.set(`${local} ${remote}`, Number(uid))
    }
  }

  /**
   * The table of this network namespace, empty where there is none. Other namespaces (containers) have
   * tables of their own.
   */
  static async read(): Promise<TcpTable> {
    const texts = ['/proc/net/tcp', '/proc/net/tcp6'].map(async (path) =>
      readFile(path, 'utf8').catch(() => ''),
    )
    return new TcpTable((await Promise.all(texts)).join('\n'))
  }

  /** The user of the socket at `local` that is connected to `remote`; undefined when it is not here. */
  uidOf(local: SocketAddress, remote: SocketAddress): number | undefined {
    for (const from of spellings(local)) {
      for (const to of spellings(remote)) {
        const uid = this.#connections.get(`${from} ${to}`)
        if (uid !== undefined) return uid
      }
    }
    return undefined
  }

  /** The user of the socket that takes connections there, also when it takes them on every address. */
  listenerUid({ address, port }: SocketAddress): number | undefined {
    const places = [address, '0.0.0.0', '::'].flatMap((one) => spellings({ address: one, port }))
    return places.map((place) => this.#listeners.get(place)).find((uid) => uid !== undefined)
  }
}

/**
 * States in which a row still has its owner. TIME_WAIT (06) shows user 0 for everybody, and must not
 * make a stranger root.
 */
const LIVE: readonly string[] = ['01', '02', '04', '05', '08']
const LISTENING = '0A'

/** As the table writes an address: an IPv4 end of an IPv6 socket stands in either form. */
export function spellings({ address, port }: SocketAddress): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const mapped = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) {
    // Each 32-bit word is in the byte order of the machine: little-endian on all that Node runs on.
    const word = mapped
      .split('.')
      .reverse()
      .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
      .join('')
    return [`${word}${suffix}`, `0000000000000000FFFF0000${word}${suffix}`]
  }
  const bytes = expandIpv6(address)
    .map((group) => group.toUpperCase())
    .join('')
  const swapped = (bytes.match(/.{8}/g) ?? []).map((word) =>
    (word.match(/../g) ?? []).reverse().join(''),
  )
  return [`${swapped.join('')}${suffix}`]
}

function expandIpv6(address: string): readonly string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: gap }, () => '0'), ...after].map((group) =>
    group.padStart(4, '0'),
  )
}
