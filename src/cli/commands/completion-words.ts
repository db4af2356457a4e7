/**
 * `completion words`: what may come next on a command line, one candidate a line.
 *
 * @see completion/scripts.ts for the form
 * @module
 */

import { visible } from '../../core/printable.ts'
import { listPkcs11 } from '../../identity/pkcs11/token/list-tokens.ts'
import { awsProfileNames } from '../../settings/aws-profile.ts'
import { readAwsFile } from '../../settings/read-aws-file.ts'
import { completeWords, type Candidate } from '../completion/complete-words.ts'
import { identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'

export async function execute(invocation: Invocation<'completion words'>): Promise<void> {
  const { operands, system, commandFor } = invocation
  const { candidates, further } = await completeWords(operands, {
    commandFor,
    profileNames: () => awsProfileNames(system, readAwsFile),
    tokenUris: async (library) => tokenUris(invocation, library),
  })
  const lines = candidates.map(({ text, description }) => `${text}\t${visible(description)}`)
  await system.writeResult([...lines, `:${further}`].map((line) => `${line}\n`).join(''))
}

async function tokenUris(
  invocation: Invocation<'completion words'>,
  library: string | undefined,
): Promise<readonly Candidate[]> {
  const { modules } = await listPkcs11(
    { pkcs11Lib: library, uri: undefined, login: false },
    // Whoever presses Tab is not to be asked for a PIN.
    identityPorts({ ...invocation, settings: { prompt: 'none' } }),
  )
  return modules.flatMap(({ tokens }) =>
    tokens.flatMap(({ uri, certificates, keys }) => [
      { text: uri, description: 'token' },
      ...certificates.map((one) => ({ text: one.uri, description: one.subject ?? 'certificate' })),
      ...keys.map((one) => ({ text: one.uri, description: `key, ${one.type}` })),
    ]),
  )
}
