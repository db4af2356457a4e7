/**
 * What a row of the settings table says, and the names that follow from it.
 *
 * @module
 */

import type { ProfileArn, RoleArn, TrustAnchorArn } from '../core/arn.ts'
import type { CertificateLocation, ContentLocation, KeyLocation } from '../core/key-location.ts'
import type { Pkcs11Uri } from '../core/pkcs11-uri.ts'
import type { SecretSource } from '../core/secret-source.ts'
import type { SocketAddress } from '../core/socket-address.ts'
import type { Wording } from '../core/wording.ts'

/** The commands that take settings from the table. */
export type CommandName =
  | 'credential-process'
  | 'update'
  | 'serve'
  | 'exec'
  | 'env'
  | 'status'
  | 'sign-string'
  | 'read-certificate-data'
  | 'csr'
  | 'configure'
  | 'doctor'
  | 'pkcs11 list'
  | 'cache list'
  | 'cache clear'
  | 'emulator'
  | 'licenses'
  | 'completion bash'
  | 'completion zsh'
  | 'completion fish'
  | 'completion words'
  | 'version'

/** Commands that cannot do without CreateSession. */
export const SESSION = [
  'credential-process',
  'update',
  'serve',
  'exec',
  'env',
] as const satisfies readonly CommandName[]
/** The same, and the one that looks at everything that they need, and demands none of it. */
export const EXAMINED = [...SESSION, 'doctor'] as const satisfies readonly CommandName[]
/** Commands that sign. */
export const KEY = [
  ...EXAMINED,
  'sign-string',
  'csr',
  'configure',
] as const satisfies readonly CommandName[]
/** Commands that need a certificate. */
export const CERTIFICATE = [
  ...EXAMINED,
  'sign-string',
  'read-certificate-data',
  'configure',
] as const satisfies readonly CommandName[]
/** Commands that need a certificate or a key. */
export const IDENTITY = [...KEY, 'read-certificate-data'] as const satisfies readonly CommandName[]

/** Commands that look at PKCS#11 tokens. */
export const TOKEN = [...IDENTITY, 'pkcs11 list'] as const satisfies readonly CommandName[]

export const EVERY = [
  ...TOKEN,
  'cache list',
  'cache clear',
  'emulator',
  'status',
  'licenses',
  'completion bash',
  'completion zsh',
  'completion fish',
  'completion words',
  'version',
] as const satisfies readonly CommandName[]

/** The types of settings, and what each is once it has been read. */
export interface SettingTypes {
  readonly text: string
  /** For a shell. Never shown: a secret may be a part of it. */
  readonly 'shell-command': string
  /** Texts, one on a line, or one for each time that the flag is given. */
  readonly lines: readonly string[]
  /** `~/` is expanded; one of a profile is absolute. */
  readonly path: string
  readonly boolean: boolean
  readonly integer: number
  /** Seconds; written as such, or as `90m` or `1h`. */
  readonly duration: number
  /** One of the row's `choices`, in any case of letters. */
  readonly choice: string
  readonly 'trust-anchor-arn': TrustAnchorArn
  readonly 'profile-arn': ProfileArn
  readonly 'role-arn': RoleArn
  readonly region: string
  readonly 'endpoint-url': URL
  /** `0.0.0.0:9912` */
  readonly 'socket-address': SocketAddress
  /** May hold a password, so it is shown without its user part. */
  readonly 'proxy-address': string
  /** A file, a folder, a secret source or an object on a token; a key may also be in a TPM. */
  readonly 'key-location': KeyLocation
  readonly 'certificate-location': CertificateLocation
  readonly 'content-location': ContentLocation
  /** Shown without its PIN. */
  readonly 'pkcs11-uri': Pkcs11Uri
  /** Where a secret is. Never shown: users put secrets here. */
  readonly 'secret-source': SecretSource
  /** A secret itself, behind a function, so that nothing that shows settings can show it. */
  readonly 'secret-value': () => Promise<string>
}

export type SettingType = keyof SettingTypes

/** The three places a setting can come from, strongest first. */
export type SettingPlace = 'flag' | 'environment' | 'profile'

/** What to tell the user about a setting. */
export interface SettingWarning {
  readonly message: Wording
  readonly hint?: Wording
}

/** What a setting is about: the headings of help, in its order. */
export const SETTING_GROUPS = ['identity', 'session', 'network', 'endpoint', 'general'] as const

export type SettingGroup = (typeof SETTING_GROUPS)[number]

/** One setting. Flag, variable and profile key follow from its name. */
export interface SettingRow {
  /** In camelCase; unique. */
  readonly name: string
  /** The flag without dashes, where it is not the name in kebab-case. */
  readonly flag?: string
  readonly group: SettingGroup
  readonly type: SettingType
  /** Placeholder in help: `ARN`, `PATH`. Booleans have none. */
  readonly valueName?: string
  readonly choices?: readonly string[]
  /** Inclusive; of an integer or a duration. */
  readonly range?: readonly [minimum: number, maximum: number]
  readonly commands: readonly CommandName[]
  /** Commands that cannot do without it. */
  readonly requiredBy?: readonly CommandName[]
  /** A switch with which its command needs no other setting, and looks at none. */
  readonly standsAlone?: true
  /** Commands that take the flag several times, and then work for each value. */
  readonly repeatableBy?: readonly CommandName[]
  /** Default: all three. */
  readonly places?: readonly SettingPlace[]
  /** AWS's own variables, strongest first, after ours. */
  readonly awsEnv?: readonly string[]
  /** Variables that AWS means for every service, after our profile key. */
  readonly generalEnv?: readonly string[]
  /** AWS's own profile keys, strongest first, after ours. */
  readonly awsProfileKeys?: readonly string[]
  /** Name of the boolean setting that turns AWS's own names off. */
  readonly awsNamesUnless?: string
  /** An empty flag is refused instead of taken as not given: the default would be somebody else's. */
  readonly refusesEmpty?: true
  /** Text, as a user would write it. A boolean without one is false. */
  readonly default?: string
  /** One sentence without its full stop. */
  readonly help: string
  /** Said on every run that uses the setting. */
  readonly warning?: SettingWarning
  /** Names of settings that cannot be given together with this one. */
  readonly conflicts?: readonly string[]
  /** What is to come before the setting can be used; it is refused by name until then. */
  readonly waitsFor?: string
}

/** `--trust-anchor-arn` */
export function flagOf(row: SettingRow): string {
  return `--${row.flag ?? words(row.name).join('-')}`
}

/** `ROLESANYWHERE_TRUST_ANCHOR_ARN` */
export function variableNameOf(row: SettingRow): string {
  return `ROLESANYWHERE_${words(row.name).join('_').toUpperCase()}`
}

/** What the tool's own keys in an AWS profile begin with. */
export const PROFILE_KEY_PREFIX = 'rolesanywhere_'

/** `rolesanywhere_trust_anchor_arn` */
export function profileKeyOf(row: SettingRow): string {
  return `${PROFILE_KEY_PREFIX}${words(row.name).join('_')}`
}

/** Whether a setting names the profile that others come from. */
export function isProfileRow({ name }: SettingRow): boolean {
  return name === 'profile' || name === 'settingsProfile'
}

/** Whether a setting can come from a place at all. */
export function canComeFrom(row: SettingRow, place: SettingPlace): boolean {
  return row.places?.includes(place) ?? true
}

function words(name: string): readonly string[] {
  const known = WORDS.get(name)
  if (known !== undefined) return known
  const made = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase())
  WORDS.set(name, made)
  return made
}

/** Every run asks for the names of every setting several times. */
const WORDS = new Map<string, readonly string[]>()
