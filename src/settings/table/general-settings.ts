/**
 * Settings of the tool itself.
 *
 * @module
 */

import { EVERY } from '../setting-row.ts'
import type { CommandName, SettingRow } from '../setting-row.ts'

/** All that read an AWS profile but `update`, whose --profile is the one to write to. */
const PROFILE = [
  'credential-process',
  'serve',
  'exec',
  'env',
  'sign-string',
  'read-certificate-data',
  'doctor',
  'cache list',
  'cache clear',
] as const satisfies readonly CommandName[]

export const GENERAL_SETTINGS = [
  {
    name: 'profile',
    group: 'general',
    type: 'text',
    valueName: 'NAME',
    commands: PROFILE,
    repeatableBy: ['serve'],
    // A profile that names a profile would be read by nobody. Commands without this row read none.
    places: ['flag', 'environment'],
    awsEnv: ['AWS_PROFILE'],
    help: 'AWS profile to take settings from',
  },
  {
    name: 'debug',
    group: 'general',
    type: 'boolean',
    commands: EVERY,
    help: 'Show each step on standard error, without secrets',
  },
  {
    name: 'logFormat',
    group: 'general',
    type: 'choice',
    valueName: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    commands: EVERY,
    help: 'Form of the lines on standard error',
  },
] as const satisfies readonly SettingRow[]
