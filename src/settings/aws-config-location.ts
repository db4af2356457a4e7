/**
 * Where the AWS config and credentials files are.
 *
 * @see AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files"
 * @module
 */

import {
  expandHome,
  homeFolder,
  separator,
  variableOf,
  type SystemFacts,
} from '../machine/home-folder.ts'
import type { AwsFileKind } from './aws-config-file.ts'

/** Undefined when the home folder is needed and not known: then there is no file to read. */
export function awsFilePath(kind: AwsFileKind, system: SystemFacts): string | undefined {
  const { variable, name } = FILES[kind]
  const given = variableOf(system.env, variable)
  if (given !== undefined) return expandHome(given, system)
  const home = homeFolder(system)
  return home === undefined ? undefined : [home, '.aws', name].join(separator(system))
}

const FILES = {
  config: { variable: 'AWS_CONFIG_FILE', name: 'config' },
  credentials: { variable: 'AWS_SHARED_CREDENTIALS_FILE', name: 'credentials' },
} as const
