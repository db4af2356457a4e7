/**
 * Three judges of one chain: the emulator, OpenSSL and GnuTLS.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import { parseCertificate } from '../../src/emulator/pkix/certificate.ts'
import { createTrustAnchor } from '../../src/emulator/pkix/trust-anchor.ts'
import { verifyChain } from '../../src/emulator/pkix/verify-chain.ts'
import { Refusal, type RefusalKind } from '../../src/emulator/refusal.ts'
import type { Leniency } from '../../src/emulator/pkix/rules.ts'
import { ANY_POLICY } from './extensions.ts'
import type { MadeChain } from './make-chain.ts'

/** `configuration`: refused before the first request; `unreadable`: no certificate at all. */
export type EmulatorVerdict = 'accepted' | 'configuration' | 'unreadable' | RefusalKind

export interface Judgement<V extends string = 'accepted' | 'refused'> {
  readonly verdict: V
  /** The judge's own words. */
  readonly reason: string
}

export async function judgeByEmulator(
  chain: MadeChain,
  at: Date,
  lenient: Leniency = new Set(),
): Promise<Judgement<EmulatorVerdict>> {
  try {
    const anchor = await createTrustAnchor(pem('CERTIFICATE', chain.anchor), {
      revocationLists: chain.lists.map((list) => pem('X509 CRL', list)).join(''),
      lenient,
    })
    const [leaf, ...sent] = [chain.leaf, ...chain.sent].map(read)
    if (leaf === undefined) throw new Error('no leaf')
    verifyChain(leaf, sent, anchor, at.getTime())
    return { verdict: 'accepted', reason: '' }
  } catch (error) {
    if (error instanceof Refusal) return { verdict: error.kind, reason: error.reason }
    if (error instanceof RolesAnywhereError)
      return { verdict: 'configuration', reason: error.message }
    if (error instanceof Unreadable) return { verdict: 'unreadable', reason: error.message }
    throw error
  }
}

class Unreadable extends Error {}

function read(der: Buffer): ReturnType<typeof parseCertificate> {
  try {
    return parseCertificate(der)
  } catch (cause) {
    throw new Unreadable(cause instanceof Error ? cause.message : '', { cause })
  }
}

/** Writes what the programs read. */
export function writeChain(place: string, chain: MadeChain): void {
  mkdirSync(place)
  writeFileSync(join(place, 'anchor.pem'), pem('CERTIFICATE', chain.anchor))
  writeFileSync(join(place, 'leaf.pem'), pem('CERTIFICATE', chain.leaf))
  writeFileSync(join(place, 'sent.pem'), chain.sent.map((der) => pem('CERTIFICATE', der)).join(''))
  writeFileSync(
    join(place, 'chain.pem'),
    [chain.leaf, ...chain.sent].map((der) => pem('CERTIFICATE', der)).join(''),
  )
  writeFileSync(join(place, 'lists.pem'), chain.lists.map((der) => pem('X509 CRL', der)).join(''))
}

export function judgeByOpenssl(place: string, chain: MadeChain, at: Date): Promise<Judgement> {
  return run('openssl', [
    'verify',
    ...['-x509_strict', '-partial_chain', '-purpose', 'sslclient'],
    ...['-policy_check', '-policy', ANY_POLICY],
    ...['-attime', String(Math.floor(at.getTime() / 1000))],
    ...['-trusted', join(place, 'anchor.pem')],
    ...(chain.sent.length === 0 ? [] : ['-untrusted', join(place, 'sent.pem')]),
    ...(chain.lists.length === 0 ? [] : ['-crl_check', '-CRLfile', join(place, 'lists.pem')]),
    join(place, 'leaf.pem'),
  ])
}

/** It knows no time but the machine's own. */
export function judgeByCerttool(place: string, chain: MadeChain): Promise<Judgement> {
  return run('certtool', [
    ...['--verify', '--verify-purpose', '1.3.6.1.5.5.7.3.2'],
    ...['--load-ca-certificate', join(place, 'anchor.pem')],
    ...(chain.lists.length === 0 ? [] : ['--load-crl', join(place, 'lists.pem')]),
    ...['--infile', join(place, 'chain.pem')],
  ])
}

async function run(program: string, args: readonly string[]): Promise<Judgement> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 20_000 })
    return { verdict: 'accepted', reason: stdout }
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: unknown }
    // Anything but an exit code is no verdict.
    if (typeof code !== 'number') throw error
    return { verdict: 'refused', reason: `${stdout}${stderr}` }
  }
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
