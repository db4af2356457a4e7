/**
 * An address and a port in one text, as people write it: `127.0.0.1:9912`, `[::1]:9912`.
 *
 * @see RFC 3986 section 3.2.2 (brackets)
 * @module
 */

import { RolesAnywhereError } from './errors.ts'
import { quoted } from './printable.ts'

export interface SocketAddress {
  /** An IP address without brackets. */
  readonly address: string
  /** 0 to 65,535; 0 stands for any that is free. */
  readonly port: number
}

/** @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE */
export function parseSocketAddress(text: string): SocketAddress {
  const { v4, v6, port } = PATTERN.exec(text)?.groups ?? {}
  const isAddress = v6 === undefined ? isV4(v4 ?? '') : URL.canParse(`http://[${v6}]/`)
  if (!isAddress || Number(port) > 65_535) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      `${quoted(text)} is not an IP address with a port`,
      { hint: 'write it as 127.0.0.1:9912, 0.0.0.0:9912 or [::1]:9912' },
    )
  }
  return { address: v6 ?? v4 ?? '', port: Number(port) }
}

const PATTERN = /^(?:(?<v4>[\d.]+)|\[(?<v6>[\da-f:.]+)\]):(?<port>\d{1,5})$/iu

function isV4(text: string): boolean {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u.exec(text)
  return parts !== null && parts.slice(1).every((part) => Number(part) <= 255)
}
