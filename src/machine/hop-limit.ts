/**
 * The IP time to live of a listening socket, inherited by the connections it accepts.
 *
 * @see ip(7) IP_TTL, ipv6(7) IPV6_UNICAST_HOPS; Linux values
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { says, setting } from '../core/wording.ts'
import type { Libc } from './libc.ts'

const IPPROTO_IP = 0
const IP_TTL = 2
const IPPROTO_IPV6 = 41
const IPV6_UNICAST_HOPS = 16

/**
 * @param hops - 1 to 255; 1 keeps answers within the machine or its next router
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE when the kernel refuses.
 */
export function setHopLimit(libc: Libc, fd: number, hops: number, isIpv6: boolean): void {
  const value = new Uint8Array(Int32Array.of(hops).buffer)
  const [level, option] = isIpv6 ? [IPPROTO_IPV6, IPV6_UNICAST_HOPS] : [IPPROTO_IP, IP_TTL]
  if (libc.setsockopt(fd, level, option, value, value.byteLength) === 0) return
  throw new RolesAnywhereError('ERR_OUTPUT_UNWRITABLE', 'the hop limit could not be set', {
    hint: says`leave ${setting('hopLimit')} out`,
  })
}
