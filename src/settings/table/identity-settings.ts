/**
 * Settings that say who we are: certificate, chain, key, and how to open them.
 *
 * @module
 */

import { says, setting } from '../../core/wording.ts'
import { EXAMINED, IDENTITY, KEY, SESSION, TOKEN } from '../setting-row.ts'
import type { SettingRow } from '../setting-row.ts'

const STORES = 'certificate stores of Windows'

export const IDENTITY_SETTINGS = [
  {
    name: 'certificate',
    group: 'identity',
    type: 'certificate-location',
    valueName: 'PATH',
    commands: IDENTITY,
    requiredBy: [...SESSION, 'read-certificate-data'],
    conflicts: ['systemStoreName'],
    help: 'Certificate as PEM, DER or PKCS#12, with its chain in any order; a folder of them; a pkcs11: URI; or a source such as env:NAME',
  },
  {
    name: 'privateKey',
    group: 'identity',
    type: 'key-location',
    valueName: 'PATH',
    commands: KEY,
    requiredBy: ['sign-string'],
    conflicts: ['systemStoreName', 'signerCommand'],
    help: 'Private key: a file, a TPM key file, handle:0x81…, a pkcs11: URI, or a source such as env:NAME; left out, it is looked for where the certificate is',
  },
  {
    name: 'intermediates',
    group: 'identity',
    type: 'content-location',
    valueName: 'PATH',
    commands: EXAMINED,
    help: 'Certificates between yours and the trust anchor',
  },
  {
    name: 'keyPassword',
    group: 'identity',
    type: 'secret-source',
    valueName: 'SOURCE',
    // Also where no key is used: PKCS#12 files encrypt their certificates.
    commands: IDENTITY,
    conflicts: ['pkcs8Password'],
    help: 'Where the password of the private key, PKCS#12 file or TPM key is: env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND, credential:NAME or prompt',
  },
  {
    name: 'pkcs8Password',
    group: 'identity',
    type: 'secret-value',
    valueName: 'PASSWORD',
    commands: IDENTITY,
    // There for command lines of the reference helper; other places have --key-password.
    places: ['flag'],
    warning: {
      message: '--pkcs8-password shows the password to every user of this machine',
      hint: says`use ${setting('keyPassword')} with env:NAME, file:PATH or prompt instead`,
    },
    help: 'Password of the private key itself; visible to others, better use --key-password',
  },
  {
    name: 'strictPermissions',
    group: 'identity',
    type: 'boolean',
    commands: KEY,
    help: 'Refuse a private key file that others may read, instead of warning',
  },
  {
    name: 'certSelector',
    group: 'identity',
    type: 'text',
    valueName: 'SELECTOR',
    commands: IDENTITY,
    conflicts: ['reusePin'],
    help: 'Choose the certificate: Key=x509Subject,Value=CN=web …, or file://selector.json',
  },
  {
    name: 'useLatestExpiringCertificate',
    group: 'identity',
    type: 'boolean',
    commands: IDENTITY,
    help: 'Of several certificates that match, use the one that expires last',
  },
  {
    name: 'systemStoreName',
    group: 'identity',
    type: 'text',
    valueName: 'NAME',
    commands: IDENTITY,
    waitsFor: STORES,
    conflicts: ['reusePin'],
    help: 'System certificate store to look in; Windows only',
  },
  {
    name: 'pkcs11Lib',
    group: 'identity',
    type: 'path',
    valueName: 'PATH',
    commands: TOKEN,
    help: 'PKCS#11 module to load; left out, those that p11-kit or the system knows',
  },
  {
    name: 'pin',
    group: 'identity',
    type: 'secret-source',
    valueName: 'SOURCE',
    commands: TOKEN,
    help: 'Where the PIN of the token is: env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND, credential:NAME or prompt',
  },
  {
    name: 'reusePin',
    group: 'identity',
    type: 'boolean',
    commands: KEY,
    conflicts: ['tpmKeyPassword'],
    help: 'Use the PIN of the login also for keys that ask for one with every signature',
  },
  {
    name: 'allowFinalPinTry',
    group: 'identity',
    type: 'boolean',
    commands: TOKEN,
    help: 'Send a PIN although a wrong one would lock the token',
  },
  {
    name: 'tpmKeyPassword',
    group: 'identity',
    type: 'secret-value',
    valueName: 'PASSWORD',
    commands: KEY,
    places: ['flag'],
    conflicts: ['noTpmKeyPassword', 'keyPassword'],
    warning: {
      message: '--tpm-key-password shows the password to every user of this machine',
      hint: says`use ${setting('keyPassword')} with env:NAME, file:PATH or prompt instead`,
    },
    help: 'Password of the TPM key itself; visible to others, better use --key-password',
  },
  {
    name: 'noTpmKeyPassword',
    group: 'identity',
    type: 'boolean',
    commands: KEY,
    help: 'The TPM key has no password',
  },
  {
    name: 'tpmDevice',
    group: 'identity',
    type: 'text',
    valueName: 'ADDRESS',
    commands: KEY,
    awsEnv: ['TPM_DEVICE'],
    default: '/dev/tpmrm0',
    help: 'TPM to use: a device, or the socket of swtpm as a path or HOST:PORT',
  },
  {
    name: 'signerCommand',
    group: 'identity',
    type: 'shell-command',
    valueName: 'COMMAND',
    commands: EXAMINED,
    conflicts: ['keyPassword', 'pkcs8Password', 'tpmKeyPassword'],
    help: 'Shell command that reads a message on standard input and writes its signature',
  },
] as const satisfies readonly SettingRow[]
