/**
 * Four tokens as other people set them up: objects that should be hidden and are not, that need not be
 * hidden and are, no public halves at all, and a token that does not say that it wants a login.
 *
 * Keys and certificates are written by GnuTLS's p11tool, which leaves all of that to its caller. No
 * program clears the flag of a token, so that is done in SoftHSM's file.
 *
 * @see PKCS#11 3.0 section 4.4 (CKA_PRIVATE), section 3.2 (CKF_LOGIN_REQUIRED)
 * @module
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PIN, SOFTHSM, SoftTokens } from '../soft-token.ts'
import { issue } from './openssl-certificates.ts'
import { plainKey, type KeyName } from './private-keys.ts'
import { Workshop } from './workshop.ts'

interface OddToken {
  readonly label: string
  readonly keys: 'hidden' | 'open'
  readonly certificates: 'hidden' | 'open'
  readonly saysLoginRequired: boolean
  /** Whether somebody has to be asked for the PIN before a signature. */
  readonly asks: boolean
}

export const ODD_TOKENS: readonly OddToken[] = [
  { label: 'usual', keys: 'hidden', certificates: 'open', saysLoginRequired: true, asks: true },
  { label: 'open-keys', keys: 'open', certificates: 'open', saysLoginRequired: true, asks: false },
  {
    label: 'all-hidden',
    keys: 'hidden',
    certificates: 'hidden',
    saysLoginRequired: true,
    asks: true,
  },
  {
    label: 'says-nothing',
    keys: 'hidden',
    certificates: 'hidden',
    saysLoginRequired: false,
    asks: true,
  },
]

/** On each token, by CKA_ID. The DSA key is there to be refused. */
export const OBJECTS: Readonly<Record<string, KeyName>> = {
  '01': 'rsa-2432',
  '02': 'dsa',
  '03': 'ec-p256',
}

export function makeOddTokens(): SoftTokens {
  using shop = new Workshop()
  const tokens = new SoftTokens()
  for (const { label, keys, certificates, saysLoginRequired } of ODD_TOKENS) {
    const before = readdirSync(tokens.tokens)
    tokens.addToken(label)
    for (const [id, key] of Object.entries(OBJECTS)) {
      const certificate = shop.once(`${key}.pem`, (name) => {
        issue(shop, name, { key, subject: `/CN=${key}` })
      })
      const object = ['--id', id, '--label', key]
      p11tool(tokens, label, ['--load-privkey', plainKey(shop, key), mark(keys), ...object])
      p11tool(tokens, label, ['--load-certificate', certificate, mark(certificates), ...object])
    }
    if (saysLoginRequired) continue
    const [made] = readdirSync(tokens.tokens).filter((name) => !before.includes(name))
    clearLoginRequired(join(tokens.tokens, made!, 'token.object'))
  }
  return tokens
}

function mark(visibility: 'hidden' | 'open'): string {
  return visibility === 'hidden' ? '--mark-private' : '--no-mark-private'
}

function p11tool(tokens: SoftTokens, label: string, args: readonly string[]): void {
  const write = ['--provider', SOFTHSM, '--batch', '--login', '--write', ...args]
  tokens.run('p11tool', [...write, `pkcs11:token=${label}`], { GNUTLS_PIN: PIN })
}

/** CKF_RNG, LOGIN_REQUIRED, USER_PIN_INITIALIZED, RESTORE_KEY_NOT_NEEDED and TOKEN_INITIALIZED. */
const TOKEN_FLAGS = Buffer.from('000000000000042d', 'hex')
const CKF_LOGIN_REQUIRED = 0x4

function clearLoginRequired(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(TOKEN_FLAGS)
  if (at < 0) throw new Error('the flags of the token are not where SoftHSM 2.6 has them')
  const last = at + TOKEN_FLAGS.length - 1
  bytes.writeUInt8(bytes.readUInt8(last) & ~CKF_LOGIN_REQUIRED, last)
  writeFileSync(path, bytes)
}
