/**
 * One row for each form of name that constraints can be held against: what a name must look like, what
 * the base of a subtree must look like, and when the one lies in the other.
 *
 * @see RFC 5280 section 4.2.1.10
 * @module
 */

import type { GeneralName } from './general-names.ts'
import { isWithin } from './names.ts'

/** Whether a name can be compared at all. */
export function isValidName(name: GeneralName): boolean {
  switch (name.kind) {
    case 'dns':
      return isHost(name.text.replace(/^\*\./, ''))
    case 'email':
      return mailbox(name.text) !== undefined
    case 'uri':
      return hostOfUri(name.text) !== undefined
    case 'ip':
      return name.octets.length === 4 || name.octets.length === 16
    case 'directory':
      return true
    default:
      return false
  }
}

/** Whether a subtree can begin there. */
export function isValidBase(base: GeneralName): boolean {
  switch (base.kind) {
    case 'dns':
      return base.text === '' || isDomain(base.text)
    case 'email':
      return base.text === '' || isDomain(base.text) || mailbox(base.text) !== undefined
    case 'uri':
      return base.text === '' || isDomain(base.text)
    case 'ip':
      return isNetwork(base.octets)
    default:
      // A form that cannot be compared constrains by forbidding every name of that form.
      return true
  }
}

/** For a valid name and a valid base of the same kind; false for any other pair. */
export function isWithinBase(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === 'dns' && base.kind === 'dns') {
    return isWithinDomain(name.text, base.text, 'and below')
  }
  if (name.kind === 'email' && base.kind === 'email') return isWithinMail(name.text, base.text)
  if (name.kind === 'uri' && base.kind === 'uri') {
    return isWithinDomain(hostOfUri(name.text) ?? '', base.text, 'exactly')
  }
  if (name.kind === 'ip' && base.kind === 'ip') return isWithinNetwork(name.octets, base.octets)
  if (name.kind === 'directory' && base.kind === 'directory') return isWithin(name.name, base.name)
  return false
}

/**
 * A leading dot asks for at least one label more; without one, `exactly` and `and below` are where the
 * forms differ.
 */
function isWithinDomain(name: string, base: string, without: 'exactly' | 'and below'): boolean {
  const [host, domain] = [name.toLowerCase(), base.toLowerCase()]
  if (domain === '') return true
  if (domain.startsWith('.')) return host.endsWith(domain)
  return host === domain || (without === 'and below' && host.endsWith(`.${domain}`))
}

/** One mailbox, all mailboxes of a host, or all of a domain's hosts. */
function isWithinMail(text: string, base: string): boolean {
  const name = mailbox(text)
  if (name === undefined) return false
  const only = mailbox(base)
  if (only === undefined) return isWithinDomain(name.host, base, 'exactly')
  // Of the two halves only the host is free of letter case.
  return name.local === only.local && name.host.toLowerCase() === only.host.toLowerCase()
}

function mailbox(text: string): { local: string; host: string } | undefined {
  const [, local, host] = /^([^@\s"<>()\\]+)@([^@]+)$/.exec(text) ?? []
  return local !== undefined && host !== undefined && isHost(host) ? { local, host } : undefined
}

/** A URI without a host name cannot be held against a domain, and is refused for that. */
function hostOfUri(text: string): string | undefined {
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text) ?? []
  const host = authority?.replace(/^.*@/, '').replace(/:\d*$/, '')
  return host === undefined || !isHost(host) || /^[\d.]+$/.test(host) ? undefined : host
}

function isDomain(text: string): boolean {
  return isHost(text.replace(/^\./, ''))
}

function isHost(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label))
}

/** Address and mask, and a mask that is a prefix. */
function isNetwork(octets: Buffer): boolean {
  if (octets.length !== 8 && octets.length !== 32) return false
  const mask = octets.subarray(octets.length / 2)
  return /^1*0*$/.test([...mask].map((octet) => octet.toString(2).padStart(8, '0')).join(''))
}

function isWithinNetwork(address: Buffer, network: Buffer): boolean {
  if (network.length !== address.length * 2) return false
  return address.every((octet, index) => {
    const mask = network[address.length + index] ?? 0
    return (octet & mask) === ((network[index] ?? 0) & mask)
  })
}

/** Underscores are no letters of host names, and are met all the same. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i
