/**
 * `pkcs11 list`: what is on the tokens of this machine, with URIs that are ready to paste.
 *
 * @module
 */

import { jsonText, visible } from '../../core/printable.ts'
import { inWords, SettingSentence } from '../../core/wording.ts'
import {
  listPkcs11,
  type ListedCertificate,
  type ListedKey,
  type ListedModule,
  type ListedToken,
} from '../../identity/pkcs11/token/list-tokens.ts'
import { flagFor } from '../../settings/name-setting.ts'
import { identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'

export async function execute(invocation: Invocation<'pkcs11 list'>): Promise<void> {
  const { settings, system, reporter } = invocation
  const { token, ...options } = settings
  const listing = await listPkcs11({ ...options, uri: token }, identityPorts(invocation))
  if (settings.json) {
    await system.writeResult(`${jsonText(listing, inFlags)}\n`)
    return
  }
  for (const problem of listing.problems) reporter.warn(problem)
  const lines = listing.modules.flatMap(moduleLines)
  await system.writeResult(lines.map((line) => `${visible(line)}\n`).join(''))
}

function moduleLines({ path, origin, description, version, tokens }: ListedModule): string[] {
  return [
    `module ${path} (${description} ${version}; ${inWords(origin, flagFor)})`,
    ...(tokens.length === 0 ? ['  no token'] : tokens.flatMap(tokenLines)),
  ]
}

function tokenLines(token: ListedToken): string[] {
  return [
    `  token ${token.uri}`,
    ...[...token.pinState, ...(token.problem === undefined ? [] : [token.problem])].map(
      (line) => `    note: ${inWords(line, flagFor)}`,
    ),
    ...token.certificates.flatMap(certificateLines),
    ...token.keys.map(keyLine),
    ...(token.keys.length === 0 ? ['    no key is visible; --login may show more'] : []),
  ]
}

function certificateLines(certificate: ListedCertificate): string[] {
  const { uri, subject, notAfter, isCa, problem } = certificate
  const facts =
    problem ?? `${subject ?? ''}, until ${notAfter ?? ''}${isCa === true ? ', a CA' : ''}`
  return [`    certificate ${uri}`, `      ${facts}`]
}

function keyLine({ uri, type, alwaysAuthenticate }: ListedKey): string {
  return `    key ${uri} (${type}${alwaysAuthenticate ? ', asks for its PIN with every signature' : ''})`
}

/** For JSON: sentences as the user of the command line reads them. */
function inFlags(_name: string, value: unknown): unknown {
  return value instanceof SettingSentence ? inWords(value, flagFor) : value
}
