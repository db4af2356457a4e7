/**
 * Help texts, from the tables of commands and settings: examples first, then flags.
 *
 * @module
 */

import { helpRows } from '../settings/describe-settings.ts'
import { COMMANDS, type CommandRow } from './commands.ts'
import { PROGRAM } from './reporter.ts'

/** Help for one command, for a group such as `cache`, or (with an empty topic) for the program. */
export function helpText(topic: string): string {
  const row = COMMANDS.find(({ name }) => name === topic)
  return row === undefined ? programHelp(topic) : commandHelp(row)
}

function programHelp(group: string): string {
  const rows = COMMANDS.filter(({ name }) => `${name} `.startsWith(group === '' ? '' : `${group} `))
  return `${PROGRAM}: temporary AWS credentials for an X.509 certificate, by IAM Roles Anywhere

Examples:
  ${PROGRAM} ${rows.flatMap(({ examples }) => examples.slice(0, 1)).join(`\n  ${PROGRAM} `)}

Commands:
${twoColumns(rows.map(({ name, summary }) => [name, summary]))}
Settings come from flags, from environment variables (ROLESANYWHERE_TRUST_ANCHOR_ARN) and from the AWS
profile (rolesanywhere_trust_anchor_arn), in this order. More: ${PROGRAM} COMMAND --help
`
}

function commandHelp({ name, summary, examples }: CommandRow): string {
  return `${summary}.

Examples:
${examples.map((line) => `  ${PROGRAM} ${line}\n`).join('')}
Flags:
${twoColumns([...helpRows(name).map(({ term, description }): Row => [term, description]), ['--help', 'Show this help']])}`
}

type Row = readonly [term: string, description: string]

const WIDTH = 100
const GAP = 2

function twoColumns(rows: readonly Row[]): string {
  const indent = Math.max(...rows.map(([term]) => term.length)) + 2 * GAP
  return rows
    .map(([term, description]) => {
      const lines = wrap(description, WIDTH - indent)
      return `${' '.repeat(GAP)}${term.padEnd(indent - GAP)}${lines.join(`\n${' '.repeat(indent)}`)}\n`
    })
    .join('')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}
