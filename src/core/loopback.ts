/**
 * Which hosts never leave this machine.
 *
 * @see RFC 1122 section 3.2.1.3, RFC 4291 sections 2.5.3 and 2.5.5.2, RFC 6761 section 6.3
 * @module
 */

/**
 * Whether a host, as a URL (brackets included) or a socket gives it, stays on this machine. A name counts
 * only if it is reserved for that; that it really leads here is for whoever connects to see.
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.+)\]$/u, '$1').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return name === '::1' || MAPPED.test(name) || isLoopbackV4(name.replace(/^::ffff:/u, ''))
}

/** 127.0.0.0/8 in IPv6, as URLs write it: `::ffff:7f00:1`. */
const MAPPED = /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/u

function isLoopbackV4(address: string): boolean {
  const parts = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u.exec(address)
  return parts !== null && parts.slice(1).every((part) => Number(part) <= 255)
}
