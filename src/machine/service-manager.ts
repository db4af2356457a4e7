/**
 * What systemd tells a service, and is told by it: inherited sockets, readiness, the watchdog.
 *
 * @see sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)
 * @module
 */

import type { Libc } from './libc.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** First of the descriptors that systemd hands over: SD_LISTEN_FDS_START. */
const FIRST_FD = 3

/** The inherited listening sockets; empty when they are meant for another process. */
export function inheritedSockets(env: Environment, pid: number): readonly number[] {
  const { LISTEN_PID: owner, LISTEN_FDS: count } = env
  if (owner !== String(pid) || count === undefined || !/^\d{1,3}$/.test(count)) return []
  return Array.from({ length: Number(count) }, (_, index) => FIRST_FD + index)
}

/** Milliseconds between two signs of life, half of what the watchdog asks; undefined without one. */
export function watchdogIntervalMs(env: Environment, pid: number): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: owner } = env
  if (owner !== undefined && owner !== String(pid)) return undefined
  if (microseconds === undefined || !/^[1-9]\d{0,15}$/.test(microseconds)) return undefined
  return Math.max(1, Math.floor(Number(microseconds) / 2000))
}

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const MSG_NOSIGNAL = 0x4000
/** sizeof(sun_path) */
const MAX_PATH_BYTES = 108

/**
 * Sends `KEY=VALUE` lines to `$NOTIFY_SOCKET`, in one datagram.
 *
 * @returns whether it went out: a service manager that does not listen is no reason to fail.
 */
export function notifyServiceManager(
  libc: Libc,
  notifySocket: string,
  ...lines: readonly string[]
): boolean {
  // `@` stands for the NUL with which abstract names begin.
  const name = Buffer.from(notifySocket.replace(/^@/, '\0'))
  if (name.length > MAX_PATH_BYTES) return false
  const address = Buffer.alloc(2 + name.length)
  address.writeUInt16LE(AF_UNIX)
  name.copy(address, 2)
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) return false
  try {
    const data = Buffer.from(lines.join('\n'))
    const sent = libc.sendto(fd, data, data.length, MSG_NOSIGNAL, address, address.length)
    return sent === data.length
  } finally {
    libc.close(fd)
  }
}
