/**
 * Settings that say who we are: certificate, chain, key, and how to open them.
 *
 * @module
 */

import { IDENTITY, KEY, SESSION } from '../setting-row.ts'
import type { SettingRow, WaitingValue } from '../setting-row.ts'

const TOKENS = 'keys on a PKCS#11 token'
const TPM = 'keys in a TPM'
const PKCS12 = 'PKCS#12 files'
const SELECTORS = 'certificate selectors'
const STORES = 'certificate stores of Windows'

const PKCS11_URI: WaitingValue = { pattern: /^pkcs11:/i, what: 'PKCS#11 URIs', waitsFor: TOKENS }
const PKCS12_FILE: WaitingValue = { pattern: /\.(?:p12|pfx)$/i, what: PKCS12, waitsFor: PKCS12 }
const TPM_HANDLE: WaitingValue = { pattern: /^handle:/i, what: 'TPM handles', waitsFor: TPM }

export const IDENTITY_SETTINGS = [
  {
    name: 'certificate',
    type: 'path',
    valueName: 'PATH',
    commands: IDENTITY,
    requiredBy: [...SESSION, 'read-certificate-data'],
    conflicts: ['certSelector', 'systemStoreName'],
    waitingValues: [PKCS11_URI, PKCS12_FILE],
    help: 'Certificate, PEM or DER; its chain may be in the same file, in any order',
  },
  {
    name: 'privateKey',
    type: 'path',
    valueName: 'PATH',
    commands: KEY,
    requiredBy: ['sign-string'],
    conflicts: ['certSelector', 'systemStoreName', 'useLatestExpiringCertificate'],
    waitingValues: [PKCS11_URI, PKCS12_FILE, TPM_HANDLE],
    help: 'Private key; left out, it is looked for in the certificate file',
  },
  {
    name: 'intermediates',
    type: 'path',
    valueName: 'PATH',
    commands: SESSION,
    conflicts: ['certSelector', 'useLatestExpiringCertificate'],
    waitingValues: [PKCS12_FILE],
    help: 'Certificates between yours and the trust anchor',
  },
  {
    name: 'keyPassword',
    type: 'secret-source',
    valueName: 'SOURCE',
    commands: KEY,
    conflicts: ['pkcs8Password'],
    help: 'Where the password of the private key is: env:NAME, file:PATH, fd:N, stdin, cmd:COMMAND, credential:NAME or prompt',
  },
  {
    name: 'pkcs8Password',
    type: 'secret-value',
    valueName: 'PASSWORD',
    commands: KEY,
    // There for command lines of the reference helper; other places have --key-password.
    places: ['flag'],
    warning: {
      message: '--pkcs8-password shows the password to every user of this machine',
      hint: 'use --key-password with env:NAME, file:PATH or prompt instead',
    },
    help: 'Password of the private key itself; visible to others, better use --key-password',
  },
  {
    name: 'strictPermissions',
    type: 'boolean',
    commands: KEY,
    help: 'Refuse a private key file that others may read, instead of warning',
  },
  {
    name: 'certSelector',
    type: 'text',
    valueName: 'SELECTOR',
    commands: IDENTITY,
    waitsFor: SELECTORS,
    conflicts: ['reusePin', 'tpmKeyPassword', 'noTpmKeyPassword'],
    help: 'Choose the certificate by subject, issuer or serial number',
  },
  {
    name: 'useLatestExpiringCertificate',
    type: 'boolean',
    commands: IDENTITY,
    waitsFor: SELECTORS,
    conflicts: ['reusePin'],
    help: 'Of several certificates that match, use the one that expires last',
  },
  {
    name: 'systemStoreName',
    type: 'text',
    valueName: 'NAME',
    commands: IDENTITY,
    waitsFor: STORES,
    conflicts: ['reusePin'],
    help: 'System certificate store to look in; Windows only',
  },
  {
    name: 'pkcs11Lib',
    type: 'path',
    valueName: 'PATH',
    commands: IDENTITY,
    waitsFor: TOKENS,
    help: 'PKCS#11 module to load',
  },
  {
    name: 'reusePin',
    type: 'boolean',
    commands: KEY,
    waitsFor: TOKENS,
    conflicts: ['tpmKeyPassword'],
    help: 'Use the user PIN also where a key asks for its own',
  },
  {
    name: 'tpmKeyPassword',
    type: 'secret-value',
    valueName: 'PASSWORD',
    commands: KEY,
    places: ['flag'],
    waitsFor: TPM,
    conflicts: ['noTpmKeyPassword'],
    help: 'Password of the TPM key itself',
  },
  {
    name: 'noTpmKeyPassword',
    type: 'boolean',
    commands: KEY,
    waitsFor: TPM,
    help: 'The TPM key has no password',
  },
] as const satisfies readonly SettingRow[]
