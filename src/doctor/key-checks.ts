/**
 * The private key: whether it can be had, whether it is the certificate's, and who else may have it.
 *
 * @see reliability.md T14, T25
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import { ok, problemOf, skipped, warning, type Checks, type Verdict } from './check.ts'
import { told } from './failures.ts'
import type { KeyFacts } from './key-facts.ts'

export interface KeyCheckFacts extends KeyFacts {
  readonly failures: readonly RolesAnywhereError[]
  /** Whether certificate and key were found to be a pair. */
  readonly isPair: boolean
  /** In the words of the setting: a path, a URI without its PIN, `a command`. */
  readonly place: string
  /** `file`: also a variable or a pipe. */
  readonly kind: 'file' | 'token' | 'tpm' | 'command'
  /** Whether a signature was asked for, and made. */
  readonly signed: 'no' | 'yes' | RolesAnywhereError
}

export const KEY_CHECKS: Checks<KeyCheckFacts> = {
  'key-readable': {
    title: 'private key',
    otherwise: 'Without it nothing can be signed.',
    family: 'key',
    judge: (facts) => told('key-readable', facts) ?? ok(facts.place),
  },
  'key-password': {
    title: 'password',
    otherwise: 'The key stays closed, and a program without a terminal cannot ask.',
    family: 'key',
    judge: (facts) =>
      told('key-password', facts) ??
      (facts.kind === 'token'
        ? skipped('a token has a PIN instead')
        : ok('none is needed, or it opens the key')),
  },
  'key-encryption': {
    title: 'encryption',
    otherwise: 'Who copies the file can try passwords at the speed of its key derivation.',
    family: 'key',
    judge: ({ encryption }) => {
      switch (encryption) {
        case 'weak':
          return warning(
            'an old kind of encryption, which passwords are quickly tried against',
            'openssl pkcs8 -topk8 -v2 aes-256-cbc -scrypt -in OLD -out NEW',
          )
        case 'strong':
          return ok('encrypted by PBES2')
        case 'none':
          return ok('in clear: its file is what protects it')
        default:
          return skipped('the key is in no PEM file')
      }
    },
  },
  'key-permissions': {
    title: 'permissions',
    otherwise: 'Whoever may read the file can be this machine towards AWS.',
    family: 'config',
    judge: ({ files }) => {
      const open = files.filter(({ mode }) => (mode & 0o077) !== 0)
      const shown = open.map(
        ({ what, path, mode }) => `the ${what} file "${path}" has mode ${octal(mode)}`,
      )
      return open.length === 0
        ? ok(files.length === 0 ? 'no secret is in a file' : 'only for this user')
        : warning(
            shown.join('; '),
            `chmod 600 ${open.map(({ path }) => `'${path}'`).join(' ')}, or in Kubernetes set defaultMode: 0400`,
          )
    },
  },
  'key-kind': {
    title: 'kind',
    otherwise: 'There is no algorithm in SigV4-X509 for other keys.',
    family: 'key',
    judge: (facts) =>
      told('key-kind', facts) ?? ifOpen(facts, ok(`a key that can sign (${facts.kind})`)),
  },
  'key-match': {
    title: 'pair',
    otherwise: '403 "Invalid signature" at AWS; here the pair is refused before anything is sent.',
    family: 'key',
    judge: (facts) =>
      told('key-match', facts) ?? ifOpen(facts, ok('the certificate was issued for it')),
  },
  'key-tpm': {
    title: 'TPM',
    otherwise: 'A key in a TPM signs nowhere else.',
    family: 'key',
    judge: (facts) =>
      told('key-tpm', facts) ??
      (facts.kind === 'tpm'
        ? ifOpen(facts, ok('it answers'))
        : skipped('no key of a TPM is named')),
  },
  'key-signs': {
    title: 'signature',
    otherwise: 'No request can be made.',
    family: 'key',
    judge: ({ signed }) => {
      if (signed === 'no') return skipped('made only when AWS is asked')
      return signed === 'yes' ? ok('made, and verified with the certificate') : problemOf(signed)
    },
  },
}

function ifOpen({ isPair }: KeyCheckFacts, verdict: Verdict): Verdict {
  return isPair ? verdict : skipped('the key was not opened with its certificate')
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
