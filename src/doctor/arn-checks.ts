/**
 * The three ARNs: whether each is of its kind, is filled in, and belongs with the others.
 *
 * @see protocol-facts.md 1.1
 * @module
 */

import {
  checkArnAgreement,
  type ProfileArn,
  type RoleArn,
  type TrustAnchorArn,
} from '../core/arn.ts'
import { knownPartitionOf } from '../core/endpoint.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'
import { ok, problem, problemOf, skipped, warning, type Checks } from './check.ts'

export interface ArnFacts {
  readonly trustAnchorArn: TrustAnchorArn
  readonly profileArn: ProfileArn
  readonly roleArn: RoleArn
  /** Where the request goes. */
  readonly region: string
}

/** What documents and consoles show where an identifier of one's own belongs. */
const PLACEHOLDER = /_ID\b|example|xxxx|<|>|\{|\}|^(?:trust-anchor|profile)\/(?:[0a-f1-]*0{8}|TA)/iu
/** Accounts of documentation. */
const EXAMPLE_ACCOUNTS: readonly string[] = ['111122223333', '123456789012', '000000000000']

export interface ArnFormFacts {
  /** Of ARNs that could not be read. */
  readonly failures: readonly RolesAnywhereError[]
  /** How many of the three were given. */
  readonly count: number
}

export const ARN_FORM_CHECKS: Checks<ArnFormFacts> = {
  'arns-form': {
    title: 'form',
    otherwise: 'Every command ends with this error.',
    family: 'config',
    judge: ({ failures, count }) => {
      const [first] = failures
      if (first !== undefined) return problemOf(first)
      return count === 0
        ? skipped('none is given')
        : ok(`${count} of 3 are given, each of its kind`)
    },
  },
}

export const ARN_CHECKS: Checks<ArnFacts> = {
  'arns-agree': {
    title: 'ARNs',
    otherwise:
      'AWS answers 403 or 404 when the three are not of one account, partition and region.',
    family: 'config',
    judge: (facts) => {
      try {
        checkArnAgreement(facts)
      } catch (error) {
        if (!(error instanceof RolesAnywhereError)) throw error
        const { message, hint } = error.wording
        return problem(message, hint ?? 'check the three ARNs')
      }
      const { accountId, region } = facts.trustAnchorArn
      return ok(`one account (${accountId}) and region (${region})`)
    },
  },
  'arns-placeholder': {
    title: 'identifiers',
    otherwise: 'AWS answers 404: it does not know a resource with the identifier of an example.',
    family: 'config',
    judge: ({ trustAnchorArn, profileArn, roleArn }) => {
      const left = [trustAnchorArn, profileArn].filter(({ resource }) => PLACEHOLDER.test(resource))
      if (left.length > 0 || /[<>{}]|ROLE_NAME/u.test(roleArn.resource)) {
        const shown = (left.length > 0 ? left : [roleArn]).map(({ text }) => quoted(text))
        return problem(
          `${shown.join(', ')} still holds the text of an example`,
          'copy the ARN from the IAM Roles Anywhere page of the AWS console',
        )
      }
      return EXAMPLE_ACCOUNTS.includes(trustAnchorArn.accountId)
        ? warning(
            `${trustAnchorArn.accountId} is an account number of documentation`,
            says`put your own account into ${setting('trustAnchorArn')}, ${setting('profileArn')} and ${setting('roleArn')}`,
          )
        : ok('no placeholder is left')
    },
  },
  'arns-region': {
    title: 'region',
    otherwise:
      'The request goes to a region that knows neither trust anchor nor profile: 403 or 404.',
    family: 'config',
    judge: ({ trustAnchorArn, region }) => {
      const partition = knownPartitionOf(region)
      if (partition !== undefined && partition.name !== trustAnchorArn.partition) {
        return problem(
          `${region} is in partition ${partition.name}, the trust anchor in ${trustAnchorArn.partition}`,
          says`leave out ${setting('region')}: the trust anchor’s region is used`,
        )
      }
      return region === trustAnchorArn.region
        ? ok(region)
        : problem(
            `${region}, but the trust anchor is in ${trustAnchorArn.region}`,
            says`leave out ${setting('region')}: the trust anchor’s region is used`,
          )
    },
  },
}
