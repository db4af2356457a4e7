/**
 * `configure --print`: what makes trust anchor, role and profile in AWS.
 *
 * @module
 */

import {
  authorityBundle,
  commonNameOf,
  privateCa,
  resourceName,
  type AuthoritySource,
  type AwsSide,
} from '../../configure/aws-side/aws-side.ts'
import { cloudFormation } from '../../configure/aws-side/cloudformation.ts'
import { terraform } from '../../configure/aws-side/terraform.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { leavesAmong } from '../../identity/certificate/choose-certificate.ts'
import { readCertificates } from '../../identity/open-identity.ts'
import { readSmallFile } from '../../machine/read-file.ts'
import { identityOptions, identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'
import { PROGRAM } from '../reporter.ts'
import { awsCliScript } from './aws-cli-script.ts'

const WRITERS = {
  'aws-cli': awsCliScript,
  cloudformation: cloudFormation,
  terraform,
} as const satisfies Readonly<Record<string, (side: AwsSide) => string>>

/** @throws {RolesAnywhereError} ERR_USAGE_MISSING_SETTING, ERR_CONFIG_*, codes of the key family. */
export async function awsSideAs(
  form: keyof typeof WRITERS,
  invocation: Invocation<'configure'>,
): Promise<string> {
  return WRITERS[form]({
    name: resourceName(invocation.settings.newProfile ?? PROGRAM),
    authority: await authority(invocation),
    commonName: await commonName(invocation),
  })
}

async function authority({ settings }: Invocation<'configure'>): Promise<AuthoritySource> {
  const { trustAnchor, pcaArn } = settings
  if (pcaArn !== undefined) return privateCa(pcaArn)
  if (trustAnchor !== undefined) {
    const { bytes } = await readSmallFile(trustAnchor, says`${setting('trustAnchor')}`)
    return authorityBundle({ name: trustAnchor, bytes })
  }
  throw new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`configure needs ${setting('trustAnchor')} or ${setting('pcaArn')} to say who vouches for certificates`,
    {
      hint: says`give ${setting('trustAnchor')} the PEM file of your authority, or ${setting('pcaArn')} the ARN of an AWS Private CA`,
    },
  )
}

/** Of the certificate, where one is named; else the one who uses the template is asked. */
async function commonName(invocation: Invocation<'configure'>): Promise<string | undefined> {
  const { certificate } = invocation.settings
  if (certificate === undefined) return undefined
  const options = { ...identityOptions(invocation.settings), certificate }
  const found = await readCertificates(options, identityPorts(invocation))
  const [leaf] = leavesAmong(found.map((one) => one.certificate))
  return leaf && commonNameOf(leaf)
}
