/**
 * The three ARNs: from their own flags, from `--arn` in any order, or pasted on the terminal.
 *
 * @module
 */

import { ARN_NOUNS, missingArns, sortArns, type SortedArns } from '../../configure/sort-arns.ts'
import { checkArnAgreement } from '../../core/arn.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import { inWords, says, setting } from '../../core/wording.ts'
import { flagFor } from '../../settings/name-setting.ts'
import type { Invocation } from '../invocation.ts'
import type { OpenedLater } from './opened-later.ts'

export type ThreeArns = { readonly [K in keyof SortedArns]-?: NonNullable<SortedArns[K]> }

/** @throws {RolesAnywhereError} ERR_CONFIG_ARN_*, ERR_USAGE_MISSING_SETTING, ERR_CANCELLED. */
export async function gatherArns(
  { settings }: Invocation<'configure'>,
  conversation: OpenedLater,
): Promise<ThreeArns> {
  const { trustAnchorArn, profileArn, roleArn, arn = [] } = settings
  let sorted: SortedArns = { trustAnchorArn, profileArn, roleArn }
  for (const text of arn) sorted = sortArns(text, sorted)
  if (missingArns(sorted).length === 0) return agreed(sorted)
  const open = await conversation.get()
  if (open === undefined) throw missingOnes(sorted)
  const given = sorted
  for (;;) {
    const nouns = missingArns(sorted).map((name) => ARN_NOUNS[name])
    try {
      sorted = sortArns(await open.ask(`ARN of ${nouns.join(', ')}, in any order: `), sorted)
      if (missingArns(sorted).length === 0) return agreed(sorted)
    } catch (error) {
      if (!(error instanceof RolesAnywhereError) || error.family !== 'config') throw error
      const { message, hint } = error.wording
      open.tell(`${inWords(message, flagFor)}\n`)
      if (hint !== undefined) open.tell(`hint: ${inWords(hint, flagFor)}\n`)
      // Which of several that do not belong together is the wrong one, only the person knows.
      if (missingArns(sorted).length === 0) sorted = given
    }
  }
}

function agreed(sorted: SortedArns): ThreeArns {
  const arns = sorted as ThreeArns
  checkArnAgreement(arns)
  return arns
}

function missingOnes(sorted: SortedArns): RolesAnywhereError {
  const nouns = missingArns(sorted).map((name) => ARN_NOUNS[name])
  return new RolesAnywhereError(
    'ERR_USAGE_MISSING_SETTING',
    says`configure needs the ARN of ${nouns.join(', ')} where there is no terminal to ask on`,
    { hint: says`give each with ${setting('arn')}, in any order` },
  )
}
