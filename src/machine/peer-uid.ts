/**
 * Which user is at the other end of a loopback TCP connection, on Linux.
 *
 * TCP knows no users, but the kernel does: the client's own socket stands in /proc/net/tcp with the
 * user who made it. Other network namespaces (containers) have tables of their own: there no row is
 * found, and the answer is no.
 *
 * @see proc(5), /proc/net/tcp; reliability.md T1 and 3.6
 * @module
 */

import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/** Undefined when the table has no live row for the connection. */
export async function peerUid(socket: Socket): Promise<number | undefined> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || localAddress === undefined) return undefined
  if (remotePort === undefined || localPort === undefined) return undefined
  const isV6 = remoteAddress.includes(':')
  const client = tableAddress(remoteAddress, remotePort)
  const server = tableAddress(localAddress, localPort)
  const tables = isV6 ? ['/proc/net/tcp6', '/proc/net/tcp'] : ['/proc/net/tcp', '/proc/net/tcp6']
  for (const path of tables) {
    const table = await readFile(path, 'utf8').catch(() => '')
    const uid = uidInTable(table, client, server)
    if (uid !== undefined) return uid
  }
  return undefined
}

/**
 * States in which a row still has its owner. TIME_WAIT (06) shows user 0 for everybody, and must not
 * make a stranger root.
 */
const LIVE_STATES: readonly string[] = ['01', '02', '04', '05', '08']

/** @param client - and `server`: as the table writes addresses, see {@link tableAddress} */
export function uidInTable(
  table: string,
  client: readonly string[],
  server: readonly string[],
): number | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', remote = '', state = '', , , , uid = ''] = line.trim().split(/\s+/)
    if (!client.includes(local) || !server.includes(remote)) continue
    if (LIVE_STATES.includes(state) && /^\d+$/.test(uid)) return Number(uid)
  }
  return undefined
}

/** The spellings of one address: an IPv4 client of an IPv6 socket stands in either table. */
export function tableAddress(address: string, port: number): readonly string[] {
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
  const words = expandIpv6(address).map((group) => group.toUpperCase())
  const bytes = words.join('')
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
