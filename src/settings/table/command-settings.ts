/**
 * Settings that belong to one command.
 *
 * @module
 */

import type { CommandName, SettingRow } from '../setting-row.ts'

const UPDATE = 'the update command'
const SERVE = 'the serve command'
const EMULATOR = ['emulator'] as const satisfies readonly CommandName[]

export const COMMAND_SETTINGS = [
  {
    name: 'digest',
    type: 'choice',
    valueName: 'DIGEST',
    choices: ['SHA256', 'SHA384', 'SHA512'],
    default: 'SHA256',
    commands: ['sign-string'],
    help: 'Hash to sign with',
  },
  {
    name: 'format',
    type: 'choice',
    valueName: 'FORMAT',
    choices: ['json', 'text', 'bin'],
    default: 'json',
    commands: ['sign-string'],
    help: 'Form of the signature on standard output',
  },
  {
    name: 'stdin',
    type: 'boolean',
    commands: ['sign-string'],
    places: ['flag'],
    help: 'Sign what comes on standard input instead of a fixed test message',
  },
  {
    name: 'targetProfile',
    flag: 'profile',
    type: 'text',
    valueName: 'NAME',
    commands: ['update'],
    places: ['flag'],
    waitsFor: UPDATE,
    help: 'Profile of the credentials file to write to',
  },
  {
    name: 'once',
    type: 'boolean',
    commands: ['update'],
    waitsFor: UPDATE,
    help: 'Write credentials once instead of keeping them fresh',
  },
  {
    name: 'port',
    type: 'integer',
    valueName: 'PORT',
    range: [0, 65_535],
    commands: ['serve', 'emulator'],
    // Beside a Service named "rolesanywhere", Kubernetes sets ROLESANYWHERE_PORT=tcp://… in every pod.
    places: ['flag', 'profile'],
    help: 'Port of the local endpoint',
  },
  {
    name: 'hopLimit',
    type: 'integer',
    valueName: 'HOPS',
    range: [1, 255],
    commands: ['serve'],
    waitsFor: SERVE,
    help: 'IP time to live of the answers',
  },
  {
    name: 'trustAnchor',
    type: 'path',
    valueName: 'PATH',
    commands: EMULATOR,
    requiredBy: EMULATOR,
    places: ['flag'],
    help: 'PEM file of the authority that certificates must chain to',
  },
  {
    name: 'crl',
    type: 'path',
    valueName: 'PATH',
    commands: EMULATOR,
    places: ['flag'],
    help: 'Revocation lists of the authority, PEM or DER',
  },
  {
    name: 'acceptRoleSessionName',
    type: 'boolean',
    commands: EMULATOR,
    places: ['flag'],
    help: 'Let requests name the role session',
  },
  {
    name: 'tls',
    type: 'boolean',
    commands: EMULATOR,
    places: ['flag'],
    help: 'Serve https with a throwaway certificate',
  },
  {
    name: 'tlsCaOut',
    type: 'path',
    valueName: 'PATH',
    commands: EMULATOR,
    places: ['flag'],
    help: 'File to write the authority of that certificate to',
  },
  {
    name: 'fault',
    type: 'lines',
    valueName: 'FAULT',
    commands: EMULATOR,
    places: ['flag'],
    help: 'Misbehave, for tests of clients; may be repeated',
  },
  {
    name: 'quiet',
    type: 'boolean',
    commands: EMULATOR,
    places: ['flag'],
    help: 'Do not report each request',
  },
] as const satisfies readonly SettingRow[]
