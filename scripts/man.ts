/**
 * Makes the manual pages in dist/man from the tables of commands, settings and errors:
 * `rolesanywhere(1)`, one for each command, and `rolesanywhere-config(5)`.
 *
 * @see mdoc(7)
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMMANDS, DOCUMENTED_COMMANDS } from '../src/cli/commands.ts'
import { ERROR_FAMILIES } from '../src/core/errors.ts'
import { describeSetting, flagSettingsOf } from '../src/settings/describe-settings.ts'
import {
  canComeFrom,
  flagOf,
  profileKeyOf,
  SETTING_GROUPS,
  variableNameOf,
  type CommandName,
  type SettingRow,
} from '../src/settings/setting-row.ts'
import { SETTINGS_TABLE } from '../src/settings/settings-table.ts'

const PROGRAM = 'rolesanywhere'
const CONFIG = 'rolesanywhere-config'
const CHANGELOG = join(import.meta.dirname, '../CHANGELOG.md')

/** File name (`rolesanywhere-serve.1`) → the whole page. */
export function manualPages(): ReadonlyMap<string, string> {
  return new Map([
    [`${PROGRAM}.1`, programPage()],
    ...DOCUMENTED_COMMANDS.map((name) => [`${pageOf(name)}.1`, commandPage(name)] as const),
    [`${CONFIG}.5`, configPage()],
  ])
}

/** Writes them to `folder/man1` and `folder/man5`. */
export function writeManualPages(folder: string): void {
  for (const [name, text] of manualPages()) {
    const section = join(folder, `man${name.at(-1) ?? ''}`)
    mkdirSync(section, { recursive: true })
    writeFileSync(join(section, name), text)
  }
}

/** `rolesanywhere-cache-list` */
function pageOf(name: CommandName): string {
  return `${PROGRAM}-${name.replaceAll(' ', '-')}`
}

function programPage(): string {
  return page(PROGRAM, 1, 'temporary AWS credentials for an X.509 certificate', [
    '.Sh SYNOPSIS',
    '.Nm',
    '.Ar command',
    '.Op Ar flags',
    '.Nm',
    '.Cm help',
    '.Op Ar command',
    '.Sh DESCRIPTION',
    '.Nm',
    ...prose(
      'signs requests to AWS IAM Roles Anywhere with the private key of an X.509 certificate, from a file, a PKCS#11 token or a TPM, and hands on the temporary credentials that it gets.',
    ),
    '.Pp',
    ...prose(
      'Settings come from flags, from environment variables and from the profile of the AWS config file, in this order; see',
    ),
    reference(CONFIG, 5, '.'),
    ...prose(
      'Standard output carries the result and nothing else; lines for people go to standard error.',
    ),
    '.Pp',
    ...prose('The commands are:'),
    ...list(
      DOCUMENTED_COMMANDS.map((name) => ({
        term: `Cm ${escaped(name)}`,
        text: [...prose(`${COMMANDS[name].summary}:`), reference(pageOf(name), 1, '.')],
      })),
    ),
    ...exitStatus(),
    ...examples(DOCUMENTED_COMMANDS.flatMap((name) => COMMANDS[name].examples.slice(0, 1))),
    ...seeAlso([...DOCUMENTED_COMMANDS.map((name): Page => [pageOf(name), 1]), [CONFIG, 5]]),
  ])
}

function commandPage(name: CommandName): string {
  const { summary, examples: lines, operands } = COMMANDS[name]
  const flags = flagSettingsOf(name).filter((row) => row.waitsFor === undefined)
  return page(pageOf(name), 1, lowerFirst(summary), [
    '.Sh SYNOPSIS',
    `.Nm ${PROGRAM} ${name}`,
    '.Op Ar flags',
    ...(operands === undefined ? [] : ['.Fl -', ...operandMacros(operands)]),
    '.Sh DESCRIPTION',
    ...prose(`${summary}.`),
    '.Pp',
    ...prose('Each setting can also be given in the environment or in an AWS profile; see'),
    reference(CONFIG, 5, '.'),
    ...SETTING_GROUPS.flatMap((group) => {
      const rows = flags.filter((row) => row.group === group)
      return rows.length === 0
        ? []
        : [
            '.Pp',
            `${group[0]?.toUpperCase() ?? ''}${group.slice(1)}:`,
            ...list(
              rows.map((row) => ({
                term: flagMacros(row),
                text: prose(`${describeSetting(row, name)}.`),
              })),
            ),
          ]
    }),
    ...exitStatus(),
    ...examples(lines),
    ...seeAlso([
      [PROGRAM, 1],
      [CONFIG, 5],
    ]),
  ])
}

function configPage(): string {
  const rows = SETTINGS_TABLE.filter(
    (row) => canComeFrom(row, 'environment') || canComeFrom(row, 'profile'),
  )
  return page(CONFIG, 5, 'settings of rolesanywhere in AWS profiles and the environment', [
    '.Sh DESCRIPTION',
    ...prose(
      'Every setting can be given in three ways, and the first that is there wins: a flag, an environment variable, a key in a profile of the AWS config file. An empty one counts as absent.',
    ),
    '.Pp',
    ...prose('The profile is that of'),
    '.Fl -profile ,',
    ...prose('else of the variable'),
    '.Ev ROLESANYWHERE_PROFILE ,',
    'else of',
    '.Ev AWS_PROFILE ,',
    'else',
    '.Li default .',
    ...prose('Values take no quotes, and paths may begin with ~/.'),
    ...SETTING_GROUPS.flatMap((group) => {
      const inGroup = rows.filter((row) => row.group === group)
      return inGroup.length === 0
        ? []
        : [
            `.Ss ${group[0]?.toUpperCase() ?? ''}${group.slice(1)}`,
            ...list(
              inGroup.map((row) => ({
                term: canComeFrom(row, 'profile')
                  ? `Li ${profileKeyOf(row)}`
                  : `Ev ${variableNameOf(row)}`,
                text: [...prose(`${describeSetting(row, 'version')}.`), ...waysToGive(row)],
              })),
            ),
          ]
    }),
    '.Sh FILES',
    ...list([
      {
        term: 'Pa ~/.aws/config',
        text: [...prose('Profiles; another file is named by'), '.Ev AWS_CONFIG_FILE .'],
      },
      {
        term: 'Pa ~/.aws/credentials',
        text: [
          ...prose('Read too, and written by the command update; another file is named by'),
          '.Ev AWS_SHARED_CREDENTIALS_FILE .',
        ],
      },
    ]),
    '.Sh EXAMPLES',
    ...prose('A profile that every AWS SDK can use:'),
    '.Bd -literal -offset indent',
    ...[
      '[profile onprem]',
      'credential_process = rolesanywhere credential-process --profile onprem',
      'rolesanywhere_certificate = /etc/pki/client.pem',
      'rolesanywhere_private_key = /etc/pki/client.key',
      'rolesanywhere_trust_anchor_arn = arn:aws:rolesanywhere:...',
      'rolesanywhere_profile_arn = arn:aws:rolesanywhere:...',
      'rolesanywhere_role_arn = arn:aws:iam:...',
    ].map(escaped),
    '.Ed',
    ...seeAlso([[PROGRAM, 1]]),
  ])
}

/** `Flag --region, variables ROLESANYWHERE_REGION.` */
function waysToGive(row: SettingRow): readonly string[] {
  const names = [
    ...(canComeFrom(row, 'flag') ? [`Fl -${flagOf(row).slice(2)}`] : []),
    ...(canComeFrom(row, 'environment')
      ? [variableNameOf(row), ...(row.awsEnv ?? []), ...(row.generalEnv ?? [])].map(
          (name) => `Ev ${name}`,
        )
      : []),
    ...(canComeFrom(row, 'profile') ? (row.awsProfileKeys ?? []).map((key) => `Li ${key}`) : []),
  ]
  const end = names.length - 1
  return [
    'Also:',
    ...names.map(
      (name, index) =>
        `.${name.replaceAll('-', '\\-').replace('Fl \\-', 'Fl -')} ${index === end ? '.' : ','}`,
    ),
  ]
}

function page(name: string, section: number, about: string, body: readonly string[]): string {
  const { version, day } = newestRelease()
  return `${[
    `.Dd ${day}`,
    `.Dt ${name.toUpperCase()} ${section}`,
    `.Os ${PROGRAM} ${version}`,
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${escaped(about)}`,
    ...body,
  ].join('\n')}\n`
}

/**
 * The newest version in CHANGELOG.md, and its day as `November 24, 2026`: not the day the pages are made, so
 * that two builds give the same bytes.
 *
 * @throws {Error} when no heading there has a version and its date.
 */
function newestRelease(): { readonly version: string; readonly day: string } {
  const [, version, date] =
    /^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$/mu.exec(readFileSync(CHANGELOG, 'utf8')) ?? []
  if (version === undefined || date === undefined) {
    throw new Error('CHANGELOG.md names no version with its date')
  }
  const format = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' })
  return { version, day: format.format(new Date(date)) }
}

function exitStatus(): readonly string[] {
  return [
    '.Sh EXIT STATUS',
    ...list([
      { term: 'Li 0', text: prose('The work is done.') },
      ...Object.values(ERROR_FAMILIES).map(({ exitCode, whoCanFix }) => ({
        term: `Li ${exitCode}`,
        text: prose(`Who can fix it: ${whoCanFix}.`),
      })),
      { term: 'Li 128+n', text: prose('Ended by signal n.') },
    ]),
  ]
}

function examples(lines: readonly string[]): readonly string[] {
  return [
    '.Sh EXAMPLES',
    '.Bd -literal -offset indent',
    ...lines.map((line) => escaped(`${PROGRAM} ${line}`)),
    '.Ed',
  ]
}

type Page = readonly [name: string, section: number]

function seeAlso(pages: readonly Page[]): readonly string[] {
  const last = pages.length - 1
  return [
    '.Sh SEE ALSO',
    ...pages.map(([name, section], index) => reference(name, section, index === last ? '' : ',')),
  ]
}

/** Not by `Xr`, which mandoc looks up among the pages that are installed, where these are not yet. */
function reference(name: string, section: number, punctuation: string): string {
  return `.Sy ${escaped(name)} Ns (${section}) ${punctuation}`.trimEnd()
}

function list(
  items: readonly { readonly term: string; readonly text: readonly string[] }[],
): readonly string[] {
  return [
    '.Bl -tag -width Ds',
    ...items.flatMap(({ term, text }) => [`.It ${term}`, ...text]),
    '.El',
  ]
}

/** `--region REGION` */
function flagMacros(row: SettingRow): string {
  const flag = `Fl -${escaped(flagOf(row).slice(2))}`
  return row.valueName === undefined ? flag : `${flag} Ar ${row.valueName}`
}

/** `PROGRAM [ARGUMENT...]` */
function operandMacros(usage: string): readonly string[] {
  return usage.split(' ').map((word) => {
    const [, name = ''] = /^\[?(\w+)/u.exec(word) ?? []
    return word.startsWith('[') ? `.Op Ar ${name} ...` : `.Ar ${name}`
  })
}

/** Sentences begin on a line of their own, as mdoc wants them, and lines are short. */
function prose(text: string): readonly string[] {
  return text.split(/(?<=\.) (?=[A-Z])/u).flatMap((sentence) => wrapped(escaped(sentence)))
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= MAX_LINE) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word.replace(/^(?=[.'])/u, '\\&'))
  }
  return lines
}

const MAX_LINE = 80

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/u.test(text) ? `${text[0]?.toLowerCase() ?? ''}${text.slice(1)}` : text
}

/** Text that roff takes as it is. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll('~', '\\(ti')
    .replace(/^([.'])/u, '\\&$1')
}
