/**
 * Sentences for people that name a setting without knowing what its user calls it.
 *
 * Below the command line nobody knows whether a value came from a flag, a variable, a key of an AWS
 * profile or an option of the library. So a sentence holds a reference in that place, and whoever shows
 * it says the name: the command line where the value really came from, the library the option.
 *
 * @module
 */

import { hideSecrets } from './hide-secrets.ts'

/** A setting of the table in `settings/`, as code calls it. A test holds the list against the table. */
export type SettingName =
  | 'acceptRoleSessionName'
  | 'allowFinalPinTry'
  | 'allowRemote'
  | 'allowUser'
  | 'arn'
  | 'bind'
  | 'caBundle'
  | 'cache'
  | 'cacheDir'
  | 'certSelector'
  | 'checkClient'
  | 'certificate'
  | 'crl'
  | 'endpoint'
  | 'folder'
  | 'force'
  | 'hopLimit'
  | 'generate'
  | 'inTpm'
  | 'ignoreConfiguredEndpointUrls'
  | 'intermediates'
  | 'keyPassword'
  | 'monitorListen'
  | 'lenient'
  | 'newProfile'
  | 'noImds'
  | 'noTpmKeyPassword'
  | 'noVerifySsl'
  | 'pcaArn'
  | 'pin'
  | 'pkcs11Lib'
  | 'port'
  | 'privateKey'
  | 'processFile'
  | 'profile'
  | 'profileArn'
  | 'prompt'
  | 'publicKey'
  | 'proxy'
  | 'noProxy'
  | 'region'
  | 'reusePin'
  | 'roleArn'
  | 'roleSessionName'
  | 'san'
  | 'sessionDuration'
  | 'signerCommand'
  | 'strictPermissions'
  | 'subject'
  | 'targetProfile'
  | 'timeout'
  | 'token'
  | 'tokenFolder'
  | 'tpmDevice'
  | 'tpmKeyPassword'
  | 'trustAnchor'
  | 'trustAnchorArn'
  | 'useLatestExpiringCertificate'

/** The place in a sentence where the name of a setting belongs. */
export class SettingReference {
  readonly name: SettingName
  /** A value to show as an example or advice: `file:PATH`. */
  readonly value: string | undefined

  constructor(name: SettingName, value?: string) {
    this.name = name
    this.value = value
  }
}

/** What a setting is called by the one who reads the sentence. */
export type NameOf = (reference: SettingReference) => string

/** A sentence with places for the names of settings. */
export class SettingSentence {
  readonly parts: readonly (string | SettingReference)[]

  constructor(parts: readonly (string | SettingReference)[]) {
    this.parts = parts
  }
}

/** What an error, a hint or a warning says: plain text, or a sentence that names settings. */
export type Wording = string | SettingSentence

/**
 * Refers to a setting inside `says`.
 *
 * @param value is shown behind the name, as one would give it: `setting('pin', 'file:PATH')`.
 */
export function setting(name: SettingName, value?: string): SettingReference {
  return new SettingReference(name, value)
}

/**
 * Tag of a template that may refer to settings and hold other wordings.
 *
 * @example
 * says`give the file of the private key with ${setting('privateKey')}`
 */
export function says(
  texts: TemplateStringsArray,
  ...values: readonly (Wording | SettingReference | number)[]
): Wording {
  const parts = texts.flatMap((text, index) => [text, ...partsOf(values[index] ?? '')])
  return parts.every((part) => typeof part === 'string')
    ? parts.join('')
    : new SettingSentence(parts)
}

/** Several wordings as one, with `separator` between them. */
export function joined(wordings: readonly Wording[], separator: string): Wording {
  return wordings.reduce(
    (all, next, index) => (index === 0 ? next : says`${all}${separator}${next}`),
    '',
  )
}

/** The sentence in the words of `nameOf`, by default in those of the library's options; no PIN is in it. */
export function inWords(wording: Wording, nameOf: NameOf = optionName): string {
  if (typeof wording === 'string') return hideSecrets(wording)
  const words = wording.parts.map((part) => (typeof part === 'string' ? part : nameOf(part)))
  return hideSecrets(words.join(''))
}

/** The same about "the value" of a setting, for a sentence that has named the setting already. */
export function asValue(wording: Wording, name: string): Wording {
  if (typeof wording === 'string') return wording
  const parts = wording.parts.map((part) =>
    part instanceof SettingReference && part.name === name && part.value === undefined
      ? 'the value'
      : part,
  )
  return new SettingSentence(parts)
}

/** The first setting that a wording names. */
export function settingOf(wording: Wording): SettingName | undefined {
  if (typeof wording === 'string') return undefined
  return wording.parts.find((part) => part instanceof SettingReference)?.name
}

/** As callers of the library write it: `keyPassword`, `pin: 'file:PATH'`. */
function optionName({ name, value }: SettingReference): string {
  const option = OPTION_NAMES[name] ?? name
  return value === undefined ? option : `${option}: '${value}'`
}

/** Options of the library that are not called like the setting, since JavaScript has names of its own. */
const OPTION_NAMES: Readonly<Partial<Record<SettingName, string>>> = {
  sessionDuration: 'durationSeconds',
  timeout: 'timeoutMs',
}

function partsOf(
  value: Wording | SettingReference | number,
): readonly (string | SettingReference)[] {
  if (value instanceof SettingSentence) return value.parts
  return [value instanceof SettingReference ? value : String(value)]
}
