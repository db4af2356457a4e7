/**
 * `env`: credentials as lines for a shell, with what would keep programs from using them taken away.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import {
  credentialVariables,
  regionVariables,
  SHADOWING_VARIABLES,
  shellLines,
  unsetLines,
} from '../../outputs/environment.ts'
import type { Invocation } from '../invocation.ts'
import { obtainCredentials } from '../obtain-credentials.ts'

export async function execute(invocation: Invocation<'env'>): Promise<void> {
  const { settings, system } = invocation
  await system.writeResult(
    settings.unset ? linesThatUndo(settings) : await linesWithCredentials(invocation),
  )
}

async function linesWithCredentials(invocation: Invocation<'env'>): Promise<string> {
  const { settings, system } = invocation
  const { shell, region, trustAnchorArn } = settings
  const credentials = await obtainCredentials(invocation)
  const variables = {
    ...credentialVariables(credentials),
    ...regionVariables(system.env, region ?? trustAnchorArn.region),
  }
  return (unsetLines(SHADOWING_VARIABLES, shell) ?? '') + shellLines(variables, shell)
}

/** @throws {RolesAnywhereError} ERR_USAGE_CONFLICT */
function linesThatUndo({ shell }: Invocation<'env'>['settings']): string {
  const lines = unsetLines(VARIABLES, shell)
  if (lines !== undefined) return lines
  throw new RolesAnywhereError('ERR_USAGE_CONFLICT', `${shell} has no words for --unset`, {
    hint: 'give --shell bash, zsh, sh, fish or powershell',
  })
}

/** All that this command sets. */
const VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
]
