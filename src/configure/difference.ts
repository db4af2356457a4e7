/**
 * What an edit of an AWS config file changes, line by line, for people.
 *
 * Such a file holds secrets too, of other profiles and of other programs, so values of lines that do not
 * change are not shown, and of others only what cannot be one.
 *
 * @module
 */

import { classifyConfigLine } from '../settings/aws-config-lines.ts'

/**
 * Lines that go, with `-` before them, and lines that come, with `+`; two unchanged ones around them. Empty
 * where nothing changes.
 */
export function difference(before: string, after: string): string {
  const old = linesOf(before)
  const now = linesOf(after)
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1
  let end = 0
  while (
    end < Math.min(old.length, now.length) - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  ) {
    end += 1
  }
  const [gone, come] = [old.slice(start, old.length - end), now.slice(start, now.length - end)]
  if (gone.length === 0 && come.length === 0) return ''
  const shown = [
    ...old.slice(Math.max(0, start - CONTEXT), start).map(context),
    ...changes(gone, come),
    ...old.slice(old.length - end, old.length - end + CONTEXT).map(context),
  ]
  return shown.map((line) => `${line.trimEnd()}\n`).join('')
}

const CONTEXT = 2

/** The edit touches one section, so this is short: lines that stay are looked for one after the other. */
function changes(gone: readonly string[], come: readonly string[]): readonly string[] {
  const shown: string[] = []
  let next = 0
  for (const line of gone) {
    const at = come.indexOf(line, next)
    if (at === -1) {
      shown.push(`- ${fitToShow(line)}`)
      continue
    }
    shown.push(...come.slice(next, at).map(addition), context(line))
    next = at + 1
  }
  return [...shown, ...come.slice(next).map(addition)]
}

function addition(line: string): string {
  return `+ ${fitToShow(line)}`
}

function context(line: string): string {
  const parsed = classifyConfigLine(line)
  if (parsed.kind === 'property')
    return parsed.pair === undefined ? '  …' : `  ${parsed.pair.name} = …`
  return parsed.kind === 'continuation' ? '    …' : `  ${line}`
}

function fitToShow(line: string): string {
  const parsed = classifyConfigLine(line)
  if (parsed.kind === 'continuation') return '  …'
  if (parsed.kind !== 'property') return line
  if (parsed.pair === undefined) return '…'
  const { name, value } = parsed.pair
  const isHidden =
    (SECRET_NAME.test(name) && !SOURCE.test(value)) ||
    /^cmd:|pin-value=|password/iu.test(value.replace(SOURCE, ''))
  return isHidden ? `${name} = (hidden)` : line
}

const SECRET_NAME = /secret|session_token|password|_pin$|signer_command/iu
/** What says where a secret is, and is none. */
const SOURCE = /^(?:(?:env|file|fd|credential):.*|stdin|prompt)$/u

function linesOf(text: string): readonly string[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
