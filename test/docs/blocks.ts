/**
 * The fenced blocks of the documents for users, and what is to become of each.
 *
 * A block of shell commands is run, unless a comment right before it says why not:
 * `<!-- not run: it needs an AWS account -->`. Where a whole document has a test of its own, that runs it.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '../..')

/** Documents whose blocks another test runs, as they stand or line by line. */
export const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/aws-setup.md': 'test/interop/aws-setup.test.ts',
  'docs/systemd.md': 'test/systemd/probe.sh',
}

export interface Block {
  /** Of the opening fence: `docs/keys.md:23`. */
  readonly place: string
  readonly document: string
  /** The word behind the opening fence; empty where there is none. */
  readonly language: string
  readonly text: string
  /** Why it is not run. */
  readonly reason: string | undefined
}

/** Of README.md and docs/*.md, in their order. */
export function allBlocks(): readonly Block[] {
  return ['README.md', ...globSync('docs/*.md', { cwd: ROOT }).sort()].flatMap((document) =>
    blocksOf(document, readFileSync(join(ROOT, document), 'utf8')),
  )
}

export function blocksOf(document: string, text: string): readonly Block[] {
  return [...text.matchAll(BLOCK)].map((match) => {
    const [, reason, language = '', body = ''] = match
    const fence = match.index + match[0].indexOf('```')
    const line = text.slice(0, fence).split('\n').length
    return { place: `${document}:${line}`, document, language, text: body, reason }
  })
}

const BLOCK = /(?:^<!-- not run: ([^>]+) -->\n+)?^```(\w*)\n([^]*?)^```$/gmu

/** What is wrong with a block, for the one who wrote it. */
export function flawOf({ language, text, reason }: Block): string | undefined {
  if (language === '') return 'say what it is behind the fence: sh, ini, js, text'
  if (language !== 'sh') {
    return reason === undefined && COMMAND.test(text) ? 'these are commands: tag it sh' : undefined
  }
  if (reason === undefined && text.includes('…'))
    return '"…" cannot be run: write it out, or say why not'
  return reason !== undefined && reason.trim().split(/\s+/u).length < 4
    ? 'the reason is too short to be one'
    : undefined
}

/** A line that begins as a command line of this project does. */
const COMMAND = /^(?:\$ )?(?:rolesanywhere|aws|npm|npx|openssl|sh|eval|export|tpm2_\w+) (?!=)/mu
