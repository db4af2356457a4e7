/**
 * Everything that `pkcs11 list` shows: modules, tokens, certificates and keys, with their URIs.
 *
 * Without a login unless one is asked for; a module that does not work is listed with its reason, and
 * keeps nothing else from being listed.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import { says, setting, type Wording } from '../../../core/wording.ts'
import type { TokenOptions } from '../../identity-options.ts'
import { notAfter } from '../../certificate/dates.ts'
import { nameOnOneLine } from '../../certificate/names.ts'
import { CKF } from '../cryptoki.ts'
import type { CertificateObject, KeyObjectInfo, TokenInfo } from '../host-protocol.ts'
import { findModules } from '../module/find-modules.ts'
import { parseCertificateObject } from './find-certificate.ts'
import { algorithmOfKey } from './mechanisms.ts'
import { OpenTokens, type Pkcs11Ports } from './open-tokens.ts'
import { ANYTHING, objectUri, tokenUri } from './token-uri.ts'
import type { Token } from './token.ts'

export interface ListedModule {
  readonly path: string
  /** What named it: a setting, a p11-kit configuration, a well-known place. */
  readonly origin: Wording
  readonly description: string
  readonly version: string
  readonly tokens: readonly ListedToken[]
}

export interface ListedToken {
  readonly uri: string
  readonly label: string
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  /** Sentences about the PIN: locked, few tries left, typed on the reader. */
  readonly pinState: readonly string[]
  readonly certificates: readonly ListedCertificate[]
  readonly keys: readonly ListedKey[]
  /** Why its objects could not be read. */
  readonly problem?: Wording
}

export interface ListedCertificate {
  readonly uri: string
  /** One line: relative names separated by commas. */
  readonly subject?: string
  /** ISO 8601. */
  readonly notAfter?: string
  readonly isCa?: boolean
  /** Why the rest is not there. */
  readonly problem?: string
}

export interface ListedKey {
  readonly uri: string
  readonly type: 'RSA' | 'EC' | 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87' | 'other'
  /** Asks for a PIN with every signature. */
  readonly alwaysAuthenticate: boolean
}

export interface TokenListing {
  readonly modules: readonly ListedModule[]
  /** What kept modules from being looked into. */
  readonly problems: readonly Wording[]
}

/**
 * Looks into every module that the options lead to.
 *
 * @param options with `uri`, only tokens that it matches; `login` needs them to be one.
 * @throws {RolesAnywhereError} ERR_TOKEN_SUPPORT_MISSING; what kept a named module from being used;
 *   with `login`: ERR_TOKEN_PIN_*, and ERR_TOKEN_AMBIGUOUS for several tokens.
 */
export async function listPkcs11(
  options: TokenOptions & { readonly uri?: Pkcs11Uri | undefined; readonly login?: boolean },
  ports: Pkcs11Ports,
): Promise<TokenListing> {
  await using open = new OpenTokens(options, ports)
  const { uri = ANYTHING } = options
  const search = findModules(options.pkcs11Lib, uri)
  const modules = await open.modules.start(search.groups.flat())
  const tokens = await open.onModules(uri, modules)
  const { failures } = open.modules
  const fatal = failures.find(
    ({ code }) => search.isExplicit || code === 'ERR_TOKEN_SUPPORT_MISSING',
  )
  if (fatal !== undefined) throw fatal
  if (options.login === true) await logInToOne(tokens)
  const origins = new Map(search.groups.flat().map(({ path, origin }) => [path, origin]))
  const listed = modules.map(async (module) => ({
    path: module.path,
    origin: origins.get(module.path) ?? '',
    description: module.info.description,
    version: `${module.info.version.major}.${module.info.version.minor}`,
    tokens: await Promise.all(tokens.filter((token) => token.module === module).map(listToken)),
  }))
  return {
    modules: await Promise.all(listed),
    problems: [...failures, ...search.rejected].map(({ wording }) => wording.message),
  }
}

/** The same PIN sent to several tokens would be a wrong one for all but one of them. */
async function logInToOne(tokens: readonly Token[]): Promise<void> {
  const [only, ...others] = tokens
  if (only === undefined) return
  if (others.length > 0) {
    const candidates = tokens.map(({ info }) => tokenUri(info))
    throw new RolesAnywhereError(
      'ERR_TOKEN_AMBIGUOUS',
      `a login needs one token, and ${tokens.length} are present: ${candidates.join(', ')}`,
      {
        hint: says`give the URI of one with ${setting('token')}`,
        detail: { candidates },
      },
    )
  }
  await only.logIn()
}

async function listToken(token: Token): Promise<ListedToken> {
  const { info } = token
  const identity = {
    uri: tokenUri(info),
    label: info.label,
    manufacturer: info.manufacturer,
    model: info.model,
    serial: info.serial,
    pinState: PIN_STATES.flatMap(([flag, words]) => ((info.flags & flag) === 0 ? [] : [words])),
  }
  try {
    const { certificates, privateKeys } = await token.objects()
    return {
      ...identity,
      certificates: certificates.map((object) => listCertificate(info, object)).sort(byUri),
      keys: privateKeys.map((key) => listKey(info, key)).sort(byUri),
    }
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    return { ...identity, certificates: [], keys: [], problem: error.wording.message }
  }
}

/** Modules list objects in any order, and in another one each time. */
function byUri(a: { readonly uri: string }, b: { readonly uri: string }): number {
  return a.uri < b.uri ? -1 : 1
}

const PIN_STATES: readonly (readonly [flag: number, words: string])[] = [
  [CKF.PROTECTED_AUTHENTICATION_PATH, 'the PIN is typed on the reader'],
  [CKF.USER_PIN_COUNT_LOW, 'a wrong PIN was tried since the last login'],
  [CKF.USER_PIN_FINAL_TRY, 'one more wrong PIN locks it'],
  [CKF.USER_PIN_LOCKED, 'the PIN is locked'],
]

function listCertificate(token: TokenInfo, object: CertificateObject): ListedCertificate {
  const uri = objectUri(token, object, 'cert')
  const certificate = parseCertificateObject(object)
  if (certificate === undefined) return { uri, problem: 'it does not parse' }
  const subject = nameOnOneLine(certificate.subject)
  const until = notAfter(certificate)
  if (until === undefined) return { uri, subject, problem: 'it ends at a date that is none' }
  return {
    uri,
    subject,
    notAfter: until.toISOString(),
    isCa: certificate.ca,
  }
}

function listKey(token: TokenInfo, key: KeyObjectInfo): ListedKey {
  return {
    uri: objectUri(token, key, 'private'),
    type: (algorithmOfKey(key)?.keyType.toUpperCase() ?? 'other') as ListedKey['type'],
    alwaysAuthenticate: key.alwaysAuthenticate,
  }
}
