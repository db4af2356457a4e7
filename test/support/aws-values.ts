/**
 * What stands in an AWS file, without where it stands.
 *
 * @module
 */

import type { AwsProperties } from '../../src/settings/aws-config-file.ts'

/** Names and values of a section; none for one that is not there. */
export function valuesOf(properties: AwsProperties | undefined): Record<string, string> {
  return Object.fromEntries([...(properties ?? [])].map(([name, { value }]) => [name, value]))
}
