/**
 * Settings of the tool itself.
 *
 * @module
 */

import { EVERY, IDENTITY } from '../setting-row.ts'
import type { CommandName, SettingRow } from '../setting-row.ts'

const PROFILE = [
  ...IDENTITY.filter((command) => command !== 'update'),
  'cache list',
  'cache clear',
] as const satisfies readonly CommandName[]

export const GENERAL_SETTINGS = [
  {
    name: 'profile',
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
    type: 'boolean',
    commands: EVERY,
    help: 'Show each step on standard error, without secrets',
  },
  {
    name: 'logFormat',
    type: 'choice',
    valueName: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    commands: EVERY,
    help: 'Form of the lines on standard error',
  },
] as const satisfies readonly SettingRow[]
