/**
 * Writes the parts of docs/ that are generated from tables in the code. A test compares them, so they
 * cannot go stale.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES, ERROR_FAMILIES, type ErrorFamily } from '../src/core/errors.ts'
import { AREAS, type Area } from '../src/doctor/areas.ts'
import { FAULTS } from '../src/emulator/fault-table.ts'
import { faultUsage } from '../src/emulator/faults.ts'
import { clientReports, rulesTable, verdictTables } from './conformance-docs.ts'
import { EXAMINED } from '../src/settings/setting-row.ts'
import { settingsMarkdown } from '../src/settings/describe-settings.ts'

const DOCS = join(import.meta.dirname, '../docs')

/** File name in docs/ → its whole content. */
export function generatedDocs(): ReadonlyMap<string, string> {
  return new Map([
    ['conformance.md', conformance()],
    ['doctor.md', doctor()],
    ['emulator.md', emulator()],
    ['errors.md', errors()],
    ['settings.md', settings()],
  ])
}

function errors(): string {
  const families = Object.entries(ERROR_FAMILIES).map(([name, { exitCode, whoCanFix }]) => {
    const codes = Object.entries(ERROR_CODES)
      .filter(([, { family }]) => family === (name as ErrorFamily))
      .map(([code, { meaning }]) => `| \`${code}\` | ${meaning} |`)
    return `## ${name}: exit code ${exitCode}

Who can fix it: ${whoCanFix}.

| code | meaning |
| --- | --- |
${codes.join('\n')}
`
  })
  return `# Errors and exit codes

Generated from \`src/core/errors.ts\` by \`npm run docs\`.

A failure prints one line \`rolesanywhere: error: what happened [CODE]\` and mostly a line \`hint: what to do next\` on stderr. With
\`--log-format json\` both are members of one JSON object. stdout then carries 0 bytes. Codes and exit codes are part of the
interface. Success is 0; a run cut off by SIGINT or SIGTERM is 130 or 143, while \`serve\`, \`update\` and the
emulator, which end no other way, then exit with 0 once they have begun their work. \`exec\` exits as its program does, or as shells answer for one
that cannot be run: 127 when it is not found, 126 when it is not executable.

A message names a setting as it was given: the flag, the variable (\`AWS_CA_BUNDLE\`), or the key with its profile, file and line
(\`rolesanywhere_private_key in [profile onprem] of ~/.aws/config, line 7\`). What was not given is named by its flag.

${families.join('\n')}`
}

function doctor(): string {
  const areas = Object.entries<Area>(AREAS).map(([name, { about, checks }]) => {
    const rows = Object.entries(checks).map(
      ([id, { title, otherwise, family }]) => `| \`${id}\` | ${title} | ${otherwise} | ${family} |`,
    )
    return `## ${name}

${about}

| check | looks at | what happens otherwise | family |
| --- | --- | --- | --- |
${rows.join('\n')}
`
  })
  return `# rolesanywhere doctor

Generated from the tables in \`src/doctor/\` by \`npm run docs\`.

\`\`\`sh
rolesanywhere doctor --profile onprem
rolesanywhere doctor --profile onprem --online
\`\`\`

It takes the settings of every other command, looks at all that a session needs, and prints one line for each check:

- \`ok\`: as it should be.
- \`warning\`: works here and now, and not everywhere or not for long.
- \`problem\`: no credentials until it is mended. A line \`next:\` says how.
- \`skipped\`: not there to be looked at, or not asked for. An area of which nothing was looked at has one line.

Nothing leaves the machine unless \`--online\` is given; then one CreateSession is sent, by the identity that was opened already, so that a
token is asked once. Its credentials are thrown away. Without an identity one plain request shows the way to AWS.

The last line counts, and names the problem to begin with. The exit code is 0 without a problem, whatever is warned of; else that of the family to be mended first, in the order of
[errors.md](errors.md): a setting (2), files (3), the key (4), AWS (5), the network (6). \`--json\` prints one object: \`checks\`
(each with \`id\`, \`area\`, \`status\`, \`title\`, \`family\`, \`found\` and, where there is something to do, \`next\`), \`counts\` and \`exitCode\`. Ids do not change.

Other commands use the same checks: when AWS refuses, their hint ends with what is found here.

${areas.join('\n')}`
}

function settings(): string {
  return `# Settings

Generated from \`src/settings/settings-table.ts\` by \`npm run docs\`.

Every setting can be given in three ways; the first that is there wins: the flag, the environment variable, the key in the profile of the AWS
config file (\`--profile NAME\`, else \`AWS_PROFILE\`, else \`default\`). An empty environment variable counts as absent. Paths may begin with
\`~/\`. *sessions* stands for ${EXAMINED.map((name) => `\`${name}\``).join(', ')}.

${settingsMarkdown()}`
}

/** What stands above the mark is written by hand. */
function emulator(): string {
  const [byHand = ''] = readFileSync(join(DOCS, 'emulator.md'), 'utf8').split(FAULTS_MARK, 1)
  const rows = Object.entries(FAULTS).map(
    ([name, { value, meaning }]) => `| \`${faultUsage(name, value)}\` | ${meaning} |\n`,
  )
  return `${byHand}${FAULTS_MARK}

| fault | effect |
| --- | --- |
${rows.join('')}
## Rules

What the user guide demands of a certificate in so many words is always held to. These rules are kept strictly too, though nobody has shown that the service does;
\`--lenient RULE\` switches one off, and may be repeated.

${rulesTable()}`
}

/** The same. */
function conformance(): string {
  const [byHand = ''] = readFileSync(join(DOCS, 'conformance.md'), 'utf8').split(VERDICTS_MARK, 1)
  return `${byHand}${VERDICTS_MARK}

## Verdicts

${verdictTables()}
## Clients

Taken by \`node scripts/check-clients.ts --peer PATH\`. Both start from the same certificates and keys.

${clientReports()}`
}

const VERDICTS_MARK =
  '<!-- Generated from test/conformance and fixtures/client-reports by `npm run docs`. -->'

const FAULTS_MARK = '<!-- Generated from `src/emulator/fault-table.ts` by `npm run docs`. -->'

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of generatedDocs()) {
    writeFileSync(join(DOCS, name), text)
  }
}
