/**
 * Settings of the commands that set things up: `configure` and `csr`.
 *
 * @module
 */

import type { CommandName, SettingRow } from '../setting-row.ts'

const CONFIGURE = ['configure'] as const satisfies readonly CommandName[]

export const SETUP_SETTINGS = [
  {
    name: 'newProfile',
    flag: 'profile',
    group: 'general',
    type: 'text',
    valueName: 'NAME',
    commands: CONFIGURE,
    places: ['flag'],
    refusesEmpty: true,
    help: 'Profile of the AWS config file to write',
  },
  {
    name: 'arn',
    group: 'session',
    type: 'lines',
    valueName: 'ARN',
    commands: CONFIGURE,
    places: ['flag'],
    help: 'ARN of trust anchor, profile or role, whichever it is; may be repeated',
  },
  {
    name: 'folder',
    group: 'identity',
    type: 'path',
    valueName: 'PATH',
    commands: CONFIGURE,
    places: ['flag'],
    help: 'Folder to look for certificates and keys in; left out, where it runs',
  },
  {
    name: 'sourceProfile',
    group: 'session',
    type: 'text',
    valueName: 'NAME',
    commands: CONFIGURE,
    places: ['flag'],
    conflicts: ['certificate', 'privateKey', 'arn', 'trustAnchorArn', 'profileArn'],
    help: 'Write a profile that assumes --role-arn with the credentials of this one',
  },
  {
    name: 'dryRun',
    group: 'general',
    type: 'boolean',
    commands: CONFIGURE,
    places: ['flag'],
    help: 'Print what would change, and change nothing',
  },
  {
    name: 'force',
    group: 'general',
    type: 'boolean',
    commands: CONFIGURE,
    places: ['flag'],
    help: 'Change a profile that somebody else wrote, or undo over later changes',
  },
  {
    name: 'undo',
    group: 'general',
    type: 'boolean',
    commands: CONFIGURE,
    places: ['flag'],
    help: 'Bring back the AWS config file as it was before the last change made here',
  },
  {
    name: 'test',
    group: 'general',
    type: 'boolean',
    commands: CONFIGURE,
    places: ['flag'],
    conflicts: ['sourceProfile', 'dryRun', 'undo'],
    help: 'Get credentials once with the profile that was written; the exit code tells what the doctor found',
  },
  {
    name: 'print',
    group: 'general',
    type: 'choice',
    valueName: 'FORM',
    choices: ['aws-cli', 'cloudformation', 'terraform'],
    commands: CONFIGURE,
    places: ['flag'],
    conflicts: ['undo', 'test', 'dryRun', 'sourceProfile'],
    help: 'Print what makes trust anchor, role and profile in AWS, instead of writing a profile here',
  },
  {
    name: 'pcaArn',
    group: 'session',
    type: 'text',
    valueName: 'ARN',
    commands: CONFIGURE,
    places: ['flag'],
    conflicts: ['trustAnchor'],
    help: 'AWS Private CA that issues the certificates, for --print',
  },
  {
    name: 'subject',
    group: 'general',
    type: 'text',
    valueName: 'NAME',
    commands: ['csr'],
    requiredBy: ['csr'],
    places: ['flag'],
    help: 'Subject of the certificate, from its own name up: CN=web.example.com,O=Example,C=DE',
  },
  {
    name: 'san',
    group: 'general',
    type: 'lines',
    valueName: 'NAME',
    commands: ['csr'],
    places: ['flag'],
    help: 'Further name: dns:NAME, ip:ADDRESS, uri:URI or email:ADDRESS; may be repeated',
  },
] as const satisfies readonly SettingRow[]
