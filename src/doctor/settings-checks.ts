/**
 * Where settings come from, what keeps them from counting, and what other programs make of the same
 * files.
 *
 * @see AWS SDKs and Tools Reference Guide, "Precedence of settings", "Process credential provider"
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { joined, says, setting, type Wording } from '../core/wording.ts'
import type { InspectedSetting, SettingsInspection } from '../settings/inspect-settings.ts'
import { ok, problem, problemOf, skipped, warning, type Checks, type Verdict } from './check.ts'
import { flawsOfCommand } from './credential-process-command.ts'

export interface SettingsCheckFacts {
  readonly inspection: SettingsInspection
  /** PATH, for the program that a profile names. */
  readonly path: string | undefined
  /** Variables with credentials of their own that are set. */
  readonly credentialVariables: readonly string[]
  /** Who besides root and this user may change the config file, as the rest of a sentence. */
  readonly configExposure: string | undefined
  /** Refused only when the identity was opened: options that cannot be meant together. */
  readonly openingFailure: RolesAnywhereError | undefined
}

const PRECEDENCE = 'A flag counts before a variable, a variable before the profile.'

export const SETTINGS_CHECKS: Checks<SettingsCheckFacts> = {
  'settings-home': {
    title: 'home folder',
    otherwise: 'Without HOME and AWS_CONFIG_FILE no profile is read, as under cron and systemd.',
    family: 'config',
    judge: ({ inspection: { files } }) =>
      files.config.path === undefined
        ? problem('HOME is not set, so no AWS config file was read', 'set HOME, or AWS_CONFIG_FILE')
        : ok(`the AWS config file is ${files.config.shown}`),
  },
  'settings-profile': {
    title: 'profile',
    otherwise: 'The settings of the profile are not in effect.',
    family: 'config',
    judge: ({ inspection: { profile, files } }) => {
      const { name } = profile
      const stray = `write [profile ${name}] in ${files.config.shown}: there SDKs pass over [${name}]`
      const isStray = name !== 'default' && files.config.titles.includes(name)
      if (profile.problem !== undefined) {
        const verdict = problemOf(profile.problem)
        return isStray ? { ...verdict, next: stray } : verdict
      }
      if (profile.properties.size > 0) {
        return isStray ? warning(`[${name}] has no effect`, stray) : ok(quoted(name))
      }
      return ok(`${quoted(name)} has no settings`)
    },
  },
  'settings-sections': {
    title: 'sections',
    otherwise:
      'SDKs and this program pass over [NAME] in the config file; it must be [profile NAME].',
    family: 'config',
    judge: ({ inspection: { files, profile } }) => {
      const stray = files.config.titles.filter(
        (title) => title !== 'default' && title !== profile.name && /^[^\s]+$/u.test(title),
      )
      return stray.length === 0
        ? ok('all have their kind before their name')
        : warning(
            `${stray.map((title) => `[${title}]`).join(', ')} in ${files.config.shown} is no profile`,
            `write ${stray.map((title) => `[profile ${title}]`).join(', ')}`,
          )
    },
  },
  'settings-quotes': {
    title: 'quotes',
    otherwise: 'The AWS config file knows no quotes: they become a part of the value.',
    family: 'usage',
    judge: ({ inspection: { problems } }) =>
      firstOf(problems, isAboutQuotes) ?? ok('no value is in quotes'),
  },
  'settings-values': {
    title: 'values',
    otherwise: 'Every command ends with this error.',
    family: 'usage',
    judge: ({ inspection: { problems } }) =>
      firstOf(problems, (one) => isAboutValue(one) && !isAboutQuotes(one)) ?? ok('all can be read'),
  },
  'settings-together': {
    title: 'combination',
    otherwise: 'Every command ends with this error.',
    family: 'usage',
    judge: ({ inspection: { problems }, openingFailure }) =>
      firstOf(
        problems,
        ({ code }) => code === 'ERR_USAGE_CONFLICT' || code === 'ERR_USAGE_NOT_SUPPORTED',
      ) ??
      (openingFailure === undefined ? ok('no two exclude each other') : problemOf(openingFailure)),
  },
  'settings-complete': {
    title: 'completeness',
    otherwise: 'Commands that ask AWS end at once with what is missing.',
    family: 'usage',
    judge: ({ inspection: { problems } }) =>
      firstOf(problems, ({ code }) => code === 'ERR_USAGE_MISSING_SETTING') ??
      ok('nothing that a session needs is missing'),
  },
  'settings-keys': {
    title: 'keys of the profile',
    otherwise: 'A misspelled key is a setting that is silently not in effect.',
    family: 'config',
    judge: ({ inspection: { unknownKeys } }) =>
      unknownKeys.length === 0
        ? ok('every rolesanywhere_* key is known')
        : warning(unknownKeys.join('; '), 'correct its name; docs/settings.md lists all'),
  },
  'settings-shadowed': {
    title: 'precedence',
    otherwise: `${PRECEDENCE} What one sees in the profile is then not what is used.`,
    family: 'config',
    judge: ({ inspection: { given } }) => {
      const hidden = given.filter(
        ({ origin, shadowed }) => origin.place === 'environment' && shadowed.length > 0,
      )
      return hidden.length === 0
        ? ok('no variable takes the place of another value')
        : warning(
            hidden.map(describeShadow).join('; '),
            `unset ${hidden.map(({ origin }) => origin.name).join(', ')} where the other value is meant`,
          )
    },
  },
  'settings-origin': {
    title: 'origin',
    otherwise: PRECEDENCE,
    family: 'config',
    judge: ({ inspection: { given } }) =>
      given.length === 0
        ? skipped('no setting was given')
        : ok(given.map(({ from, shown }) => `${from}: ${shown}`).join('; ')),
  },
  'settings-relative-paths': {
    title: 'relative paths',
    otherwise: 'A relative path in a profile leads elsewhere whenever a program runs elsewhere.',
    family: 'config',
    judge: ({ inspection: { given } }) => {
      const relative = given.filter(({ isRelativePath }) => isRelativePath)
      return relative.length === 0
        ? ok('every path of the profile is absolute')
        : warning(
            relative.map(({ from, shown }) => `${from}: ${shown}`).join('; '),
            'write paths in a profile absolute, or with ~/',
          )
    },
  },
  'settings-endpoint': {
    title: 'endpoint',
    otherwise: 'AWS_ENDPOINT_URL is for every service, and often leads to a LocalStack.',
    family: 'config',
    judge: ({ inspection: { given } }) => {
      const endpoint = given.find(({ name }) => name === 'endpoint')
      if (endpoint === undefined) return ok('the one of the region')
      return endpoint.isOfAws
        ? warning(
            `${endpoint.shown}, from ${endpoint.from}`,
            says`if it is meant for another service, leave it out with ${setting('ignoreConfiguredEndpointUrls')}`,
          )
        : ok(`${endpoint.shown}, from ${endpoint.from}`)
    },
  },
  'settings-static-keys': {
    title: 'stored credentials',
    otherwise:
      'SDKs take keys of the credentials file, and of variables, before credential_process.',
    family: 'config',
    judge: ({ inspection: { profile, files }, credentialVariables }) => {
      if (credentialVariables.length > 0) {
        return warning(
          `${credentialVariables.join(', ')} is set: SDKs take those credentials before any profile`,
          `unset ${credentialVariables.join(' ')}`,
        )
      }
      const { properties, name } = profile
      const key = properties.get('aws_access_key_id')
      if (key === undefined || !properties.has('credential_process')) {
        return ok('none that would come before credential_process')
      }
      const place = key.section.path === files.credentials.path ? files.credentials : files.config
      return problem(
        `[${key.section.title}] of ${place.shown} has aws_access_key_id: SDKs take it before credential_process`,
        `remove aws_access_key_id, aws_secret_access_key and aws_session_token of ${quoted(name)} there`,
      )
    },
  },
  'settings-credential-process': {
    title: 'credential_process',
    otherwise:
      'Most SDKs start the program without a shell: ~, $HOME and a broken line stay as they are.',
    family: 'config',
    judge: ({ inspection: { profile }, path }) => {
      const command = profile.properties.get('credential_process')?.value
      if (command === undefined) return skipped('the profile has none')
      const flaws = flawsOfCommand(command, { profile: profile.name, path })
      return flaws.length === 0
        ? ok('a program that is there, with nothing for a shell to do')
        : warning(flaws.map(({ found }) => found).join('; '), flaws[0]?.next ?? '')
    },
  },
  'settings-config-file': {
    title: 'who may write the config file',
    otherwise: 'Whoever may write it can make AWS programs run anything as this user.',
    family: 'config',
    judge: ({ inspection: { files }, configExposure }) =>
      configExposure === undefined
        ? ok('nobody but root and this user')
        : problem(`${files.config.shown} ${configExposure}`, `chmod go-w ${files.config.shown}`),
  },
  'settings-warnings': {
    title: 'remarks',
    otherwise: 'Said on every run.',
    family: 'config',
    judge: ({ inspection: { warnings } }) => {
      const [first] = warnings
      return first === undefined
        ? ok('none')
        : warning(
            joined(
              warnings.map(({ message }) => message),
              '; ',
            ),
            first.hint ?? 'see help',
          )
    },
  },
}

function isAboutQuotes({ code, message }: RolesAnywhereError): boolean {
  return code === 'ERR_USAGE_INVALID_VALUE' && message.endsWith('the value is in quotes')
}

/** ARNs have a check of their own. */
function isAboutValue({ code }: RolesAnywhereError): boolean {
  return VALUE_CODES.includes(code)
}

const VALUE_CODES: readonly string[] = [
  'ERR_USAGE_INVALID_VALUE',
  'ERR_CONFIG_ENDPOINT_INVALID',
  'ERR_CONFIG_PKCS11_URI_INVALID',
]

/** The first that applies, and how many more there are. */
function firstOf(
  problems: readonly RolesAnywhereError[],
  applies: (error: RolesAnywhereError) => boolean,
): Verdict | undefined {
  const [first, ...others] = problems.filter(applies)
  if (first === undefined) return undefined
  const verdict = problemOf(first)
  const also: readonly Wording[] = others.map(({ wording }) => wording.message)
  return { ...verdict, found: says`${joined([verdict.found, ...also], '; ')}` }
}

function describeShadow({ from, shown, shadowed }: InspectedSetting): string {
  const others = shadowed.map((other) => `${other.from} (${other.shown})`).join(', ')
  return `${from} (${shown}) counts before ${others}`
}
