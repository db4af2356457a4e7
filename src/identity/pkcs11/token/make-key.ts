/**
 * A new key on a token, made there and never seen outside.
 *
 * @module
 */

import { randomBytes, type KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { describePkcs11Uri, type Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Signer } from '../../../core/ports.ts'
import { says, setting } from '../../../core/wording.ts'
import type { TokenOptions } from '../../identity-options.ts'
import { shapeOf, type KeyKind, type KeyShape } from '../../key-kind.ts'
import type { PairRequest } from '../host-protocol.ts'
import { findKey } from './find-key.ts'
import { algorithmOfKey } from './mechanisms.ts'
import { OpenTokens, type Pkcs11Ports } from './open-tokens.ts'
import { Pkcs11Signer } from './pkcs11-signer.ts'
import { publicKeyOf } from './public-key.ts'
import { objectUri } from './token-uri.ts'
import type { Token } from './token.ts'

export interface MakeTokenKeyOptions extends TokenOptions {
  /** Of one token, with the name (`object`) and perhaps the `id` that the key is to have. */
  readonly uri: Pkcs11Uri
  readonly kind: KeyKind
}

export interface MadeTokenKey {
  readonly signer: Signer
  readonly publicKey: KeyObject | undefined
  /** Its URI. */
  readonly place: string
}

/**
 * Makes a pair of keys and opens the private one.
 *
 * @throws {RolesAnywhereError} ERR_OUTPUT_EXISTS, ERR_KEY_UNSUPPORTED, ERR_USAGE_INVALID_VALUE, ERR_TOKEN_*.
 */
export async function makeTokenKey(
  options: MakeTokenKeyOptions,
  ports: Pkcs11Ports,
): Promise<MadeTokenKey> {
  const { uri, kind } = options
  const key = onToken(shapeOf(kind))
  const label = uri.path.get('object')?.toString('utf8')
  if (label === undefined || label === '') {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      says`${setting('privateKey')} does not say what the new key is to be called`,
      { hint: 'add its name to the URI: pkcs11:token=NAME;object=NAME' },
    )
  }
  await using tokens = new OpenTokens(options, ports)
  const token = await onlyToken(tokens, uri)
  const { signal } = ports.secrets
  await token.logIn({ signal })
  const id = uri.path.get('id')?.toString('hex') ?? randomBytes(NEW_ID_BYTES).toString('hex')
  const asked = { label, id }
  await refuseTwin(token, asked)
  await token.makePair({ ...asked, key }, { signal })
  const place = objectUri(token.info, asked, 'private')
  const criteria = {
    uri: { ...uri, path: new Map([...uri.path, ['id', Buffer.from(id, 'hex')]]) },
    isExplicit: true,
  }
  const found = await findKey([token], criteria)
  const algorithm = algorithmOfKey(found.key)
  if (algorithm === undefined) throw new TypeError('a new key is of a kind that was asked for')
  const publicKey = publicKeyOf(found.key, (await token.objects()).publicKeys)
  tokens.keep(token)
  const signer = new Pkcs11Signer({ algorithm, publicKey, found, criteria, tell: ports.tell })
  return { signer, publicKey, place }
}

const NEW_ID_BYTES = 8

/** What the module is asked for; ML-DSA keys are made by tools of the token's vendor. */
function onToken(shape: KeyShape): PairRequest['key'] {
  if (shape.type === 'rsa') return { type: 'rsa', bits: shape.bits }
  if (shape.type === 'ec') return { type: 'ec', params: EC_PARAMS[shape.curve] }
  throw new RolesAnywhereError(
    'ERR_KEY_UNSUPPORTED',
    'ML-DSA keys are not made on tokens here, though they can be used there',
    { hint: 'make an RSA or EC key, or use the tool of the token’s vendor' },
  )
}

/** namedCurve: the object identifiers of RFC 5480 section 2.1.1.1 in DER. */
const EC_PARAMS: Readonly<Record<(KeyShape & { readonly type: 'ec' })['curve'], string>> = {
  'P-256': '06082a8648ce3d030107',
  'P-384': '06052b81040022',
  'P-521': '06052b81040023',
}

async function onlyToken(tokens: OpenTokens, uri: Pkcs11Uri): Promise<Token> {
  const [first, ...others] = await tokens.matching(uri)
  if (first !== undefined && others.length === 0) return first
  throw new RolesAnywhereError(
    'ERR_TOKEN_AMBIGUOUS',
    `several tokens match ${describePkcs11Uri(uri)}: ${[first, ...others].map((one) => one?.name ?? '').join(', ')}`,
    { hint: 'name one token in the URI with token= or serial=' },
  )
}

/** A second key of the same name would make both of them ambiguous. */
async function refuseTwin(
  token: Token,
  { label, id }: { readonly label: string; readonly id: string },
): Promise<void> {
  const { privateKeys, publicKeys } = await token.objects()
  const twin = [...privateKeys, ...publicKeys].find((key) => key.label === label || key.id === id)
  if (twin === undefined) return
  throw new RolesAnywhereError(
    'ERR_OUTPUT_EXISTS',
    `${token.name} has a key of that name or id already: ${objectUri(token.info, twin, 'private')}`,
    { hint: 'it is kept: choose another object= and id=, or leave the id out' },
  )
}
