/**
 * Finds the tokens that a URI matches, among those that modules show.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { describePkcs11Uri, type Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import { joined, says, setting } from '../../../core/wording.ts'
import type { TokenInfo } from '../host-protocol.ts'
import type { ModuleSearch } from '../module/find-modules.ts'
import type { PresentToken } from '../module/module-process.ts'
import type { RunningModules } from '../module/running-modules.ts'
import { tokenMatches, tokenUri } from './token-uri.ts'

/**
 * The tokens that the URI matches, from the first group of modules that has one.
 *
 * @throws {RolesAnywhereError} ERR_TOKEN_NOT_FOUND, or what kept a named module from being used.
 */
export async function findTokens(
  uri: Pkcs11Uri,
  search: ModuleSearch,
  running: RunningModules,
): Promise<readonly PresentToken[]> {
  const present: PresentToken[] = []
  for (const group of search.groups) {
    const tokens = withoutRepeats(await running.presentTokens(await running.start(group)))
    const matching = tokens.filter(({ module, slot }) => tokenMatches(uri, module.info, slot))
    if (matching.length > 0) return matching
    present.push(...tokens)
  }
  const failures = [...running.failures, ...search.rejected]
  const [failure] = failures
  const modules = search.groups.flat().length
  const allFailed = running.failures.length >= modules
  if (failure !== undefined && (search.isExplicit || allFailed)) throw failure
  throw notFound(uri, present, modules, failures)
}

/** Whether two answers are about the same token: not by slot, which changes when it is plugged in. */
export function isSameToken(a: TokenInfo, b: TokenInfo): boolean {
  return (['label', 'serial', 'manufacturer', 'model'] as const).every(
    (field) => a[field] === b[field],
  )
}

/** Two modules may show one token: the proxy and the module itself, or OpenSC and a vendor's. */
function withoutRepeats(tokens: readonly PresentToken[]): readonly PresentToken[] {
  return tokens.filter(
    (token, index) =>
      !tokens
        .slice(0, index)
        .some(
          (earlier) =>
            earlier.module !== token.module && isSameToken(earlier.slot.token, token.slot.token),
        ),
  )
}

function notFound(
  uri: Pkcs11Uri,
  present: readonly PresentToken[],
  modules: number,
  failures: readonly RolesAnywhereError[],
): RolesAnywhereError {
  const candidates = present.map(({ slot }) => tokenUri(slot.token))
  const seen =
    modules === 0
      ? 'no PKCS#11 module was found'
      : candidates.length === 0
        ? 'no token is present'
        : `present: ${candidates.join(', ')}`
  const broken = failures.map(({ wording }) => says`; ${wording.message}`)
  return new RolesAnywhereError(
    'ERR_TOKEN_NOT_FOUND',
    says`no token matches ${describePkcs11Uri(uri)} (${seen}${joined(broken, '')})`,
    {
      hint:
        candidates.length === 0
          ? says`plug the token in, or name its module with ${setting('pkcs11Lib')}`
          : '`rolesanywhere pkcs11 list` prints URIs that are ready to paste',
      detail: { candidates, modules },
    },
  )
}
