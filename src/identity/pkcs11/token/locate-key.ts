/**
 * The private key for a certificate among tokens, with the one login that finding or using it takes.
 *
 * @see protocol-facts.md 9.3
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { describePkcs11Uri } from '../../../core/pkcs11-uri.ts'
import { quoted } from '../../../core/printable.ts'
import { says, setting } from '../../../core/wording.ts'
import { objectUri } from './find-certificate.ts'
import { findKey, type KeyChoice, type KeyCriteria } from './find-key.ts'
import type { KeyObjectInfo, TokenInfo } from '../host-protocol.ts'
import type { TokenConnection } from './token-connection.ts'

export interface LocatedKey {
  readonly key: KeyObjectInfo
  readonly connection: TokenConnection
}

/**
 * Looks without a login first; logs in where the one token hides its keys, or where using the key
 * will need it.
 *
 * @throws {RolesAnywhereError} ERR_TOKEN_OBJECT_NOT_FOUND, ERR_TOKEN_AMBIGUOUS, ERR_KEY_MISMATCH,
 *   ERR_TOKEN_PIN_*.
 */
export async function locateKey(
  connections: readonly TokenConnection[],
  criteria: KeyCriteria,
): Promise<LocatedKey> {
  const looked = await Promise.all(
    connections.map(async (connection) => ({
      connection,
      choice: findKey(await connection.objects(), criteria),
    })),
  )
  const found = looked.flatMap(({ connection, choice }) =>
    choice.kind === 'found' ? [{ connection, key: choice.key }] : [],
  )
  const [first] = found
  if (found.length > 1) throw severalTokens(found, criteria)
  if (first !== undefined) {
    if (first.key.isPrivate && first.connection.requiresLogin) await first.connection.logIn()
    return first
  }
  const [only] = looked
  if (only === undefined || looked.length > 1) throw onNoToken(connections, criteria)
  const { connection } = only
  let { choice } = only
  if (choice.kind === 'none' && !connection.isLoggedIn) {
    await connection.logIn()
    choice = findKey(await connection.objects(), criteria)
  }
  if (choice.kind === 'found') return { connection, key: choice.key }
  throw notUsable(choice, connection.token, criteria)
}

function notUsable(
  choice: Exclude<KeyChoice, { kind: 'found' }>,
  token: TokenInfo,
  criteria: KeyCriteria,
): RolesAnywhereError {
  const candidates =
    choice.kind === 'none' ? [] : choice.keys.map((key) => objectUri(token, key, 'private'))
  const options = { hint: NAME_THE_KEY, detail: { candidates } }
  switch (choice.kind) {
    case 'none':
      return new RolesAnywhereError(
        'ERR_TOKEN_OBJECT_NOT_FOUND',
        `token ${quoted(token.label)} has no private key that ` +
          (criteria.isExplicit
            ? `matches ${describePkcs11Uri(criteria.uri)} and may sign`
            : 'belongs to the certificate and may sign'),
        options,
      )
    case 'mismatch':
      return new RolesAnywhereError(
        'ERR_KEY_MISMATCH',
        `the private key on token ${quoted(token.label)} does not belong to the certificate: ` +
          candidates.join(', '),
        options,
      )
    case 'ambiguous':
      return new RolesAnywhereError(
        'ERR_TOKEN_AMBIGUOUS',
        `several private keys on token ${quoted(token.label)} match: ${candidates.join(', ')}`,
        options,
      )
  }
}

const NAME_THE_KEY = says`name the key with ${setting('privateKey')} and a pkcs11 URI`

function severalTokens(found: readonly LocatedKey[], criteria: KeyCriteria): RolesAnywhereError {
  const candidates = found.map(({ connection, key }) => objectUri(connection.token, key, 'private'))
  return new RolesAnywhereError(
    'ERR_TOKEN_AMBIGUOUS',
    `${describePkcs11Uri(criteria.uri)} matches keys on several tokens: ${candidates.join(', ')}`,
    { hint: NAME_THE_KEY, detail: { candidates } },
  )
}

function onNoToken(
  connections: readonly TokenConnection[],
  criteria: KeyCriteria,
): RolesAnywhereError {
  const tokens = connections.map(({ token }) => quoted(token.label)).join(', ')
  return new RolesAnywhereError(
    'ERR_TOKEN_AMBIGUOUS',
    `several tokens match ${describePkcs11Uri(criteria.uri)}, and none shows the key without a ` +
      `login: ${tokens}`,
    { hint: 'name one token in the URI with token= or serial=: no PIN is sent to a guess' },
  )
}
