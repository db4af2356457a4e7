/**
 * The three ARNs out of whatever somebody pasted: in any order, on one line or several, with words between.
 *
 * @module
 */

import {
  parseProfileArn,
  parseRoleArn,
  parseTrustAnchorArn,
  type ProfileArn,
  type RoleArn,
  type TrustAnchorArn,
} from '../core/arn.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'

export interface SortedArns {
  readonly trustAnchorArn?: TrustAnchorArn | undefined
  readonly profileArn?: ProfileArn | undefined
  readonly roleArn?: RoleArn | undefined
}

/** What each is called when one is missing. */
export const ARN_NOUNS: Readonly<Record<keyof SortedArns, string>> = {
  trustAnchorArn: 'trust anchor',
  profileArn: 'profile',
  roleArn: 'role',
}

/**
 * @returns `known` with what the text adds.
 * @throws {RolesAnywhereError} ERR_CONFIG_ARN_INVALID for an ARN of another kind, for two of one kind, and
 *   for a text without any.
 */
export function sortArns(text: string, known: SortedArns = {}): SortedArns {
  const found = text.match(/arn:[^\s"',]+/gu) ?? []
  if (found.length === 0) {
    throw new RolesAnywhereError('ERR_CONFIG_ARN_INVALID', `${quoted(text)} holds no ARN`, {
      hint: 'copy them from the IAM Roles Anywhere page of the AWS console, and the role’s from IAM',
    })
  }
  let sorted = known
  for (const arn of found) sorted = withArn(sorted, arn)
  return sorted
}

/** The names of those that are not there yet. */
export function missingArns(sorted: SortedArns): readonly (keyof SortedArns)[] {
  return (['trustAnchorArn', 'profileArn', 'roleArn'] as const).filter(
    (name) => sorted[name] === undefined,
  )
}

function withArn(sorted: SortedArns, text: string): SortedArns {
  const { name, parsed } = parsedBy(text)
  const earlier = sorted[name]
  if (earlier !== undefined && earlier.text !== text) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_ARN_INVALID',
      `${quoted(earlier.text)} and ${quoted(text)} are both of a ${ARN_NOUNS[name]}`,
      { hint: 'one trust anchor, one profile and one role are needed' },
    )
  }
  return { ...sorted, [name]: parsed }
}

/** The resource says what it is; the parser of that kind then says what is wrong with the rest. */
function parsedBy(text: string): {
  readonly name: keyof SortedArns
  readonly parsed: SortedArns[keyof SortedArns]
} {
  if (text.includes(':trust-anchor/')) {
    return { name: 'trustAnchorArn', parsed: parseTrustAnchorArn(text) }
  }
  if (text.includes(':profile/')) return { name: 'profileArn', parsed: parseProfileArn(text) }
  if (text.includes(':role/')) return { name: 'roleArn', parsed: parseRoleArn(text) }
  throw new RolesAnywhereError(
    'ERR_CONFIG_ARN_INVALID',
    `${quoted(text)} is the ARN of something else`,
    { hint: 'a trust anchor, a profile of IAM Roles Anywhere, and an IAM role are needed' },
  )
}
