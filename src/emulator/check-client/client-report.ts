/**
 * What a client did in each situation, as JSON and as tables for people.
 *
 * @module
 */

import type { SentRequest } from './sent-request.ts'

export interface ClientReport {
  /** The command as it was given. */
  readonly client: string
  readonly situations: readonly SituationReport[]
}

export interface SituationReport {
  readonly id: string
  readonly meaning: string
  /** What it sent first; null when it sent nothing that was HTTP. */
  readonly sent: SentRequest | null
  /** What it was answered, request by request: a status, or the fault in its place. */
  readonly answers: readonly string[]
  /** Milliseconds between its requests. */
  readonly waits: readonly number[]
  readonly result: 'credentials' | 'nothing' | 'something else'
  /** Null when it was still at work at its deadline. */
  readonly exitCode: number | null
  /** The line on its standard error that tells of an error, else the last one; without what differs from run to run. */
  readonly said: string
}

/** Two tables in Markdown: what it sent, and what it did. */
export function reportTables({ situations }: ClientReport): string {
  const sent = situations.flatMap(({ id, sent: request }) =>
    request !== null && PLAIN.has(id) ? [[id, ...sentCells(request)]] : [],
  )
  const [plain] = situations
  return [
    ...(plain?.sent ? [`Headers: \`${plain.sent.headers.join('`, `')}\`.`, ''] : []),
    table(['situation', 'request', 'algorithm', 'signed headers', 'chain', 'body'], sent),
    '',
    table(
      ['situation', 'what happens', 'answers', 'exit', 'stdout', 'what it said'],
      situations.map((one) => [
        one.id,
        one.meaning,
        counted(one.answers),
        one.exitCode === null ? 'still at work' : String(one.exitCode),
        one.result,
        shortened(one.said),
      ]),
    ),
    '',
  ].join('\n')
}

/** Situations about what a client sends; elsewhere it sends the same. */
const PLAIN: ReadonlySet<string> = new Set(['plain', 'p384', 'rsa', 'chain', 'bundle'])

function sentCells(request: SentRequest): readonly string[] {
  const query = request.query.length === 0 ? '' : `?${request.query.join('&')}`
  return [
    `${request.method} ${request.path}${query}`,
    request.algorithm,
    request.signedHeaders.join(';'),
    request.chain.length === 0 ? 'none' : request.chain.join(', '),
    request.body === '' ? 'none' : `\`${request.body}\``,
  ]
}

/** `429 ×2, 201` */
function counted(answers: readonly string[]): string {
  if (answers.length === 0) return 'none: nothing was sent'
  const runs: { answer: string; times: number }[] = []
  for (const answer of answers) {
    const last = runs.at(-1)
    if (last?.answer === answer) last.times += 1
    else runs.push({ answer, times: 1 })
  }
  return runs.map(({ answer, times }) => (times === 1 ? answer : `${answer} ×${times}`)).join(', ')
}

function shortened(text: string): string {
  return text.length <= MAX_SAID ? text : `${text.slice(0, MAX_SAID)}…`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/[^\x20-\x7e\u{a0}-\u{ffff}]/gu, '?')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Characters of a line that a cell shows. */
const MAX_SAID = 160
