/**
 * The pinentry of scripted-pinentry.ts, as a program. It writes every line that it hears to the file LOG,
 * and `overlap` where another one has its window open.
 *
 * @module
 */

import { appendFileSync, mkdirSync, readFileSync, rmSync, writeSync } from 'node:fs'

const { LOG = '', SCRIPT = '' } = process.env
const WINDOW = `${LOG}.window`

try {
  mkdirSync(WINDOW)
} catch {
  note('overlap')
}
say('OK Pleased to meet you')
let rest = ''
process.stdin.on('data', (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    note(line)
    if (line === 'GETPIN') react()
    else say(line.startsWith('OPTION') ? 'ERR 83886254 Unknown option <Pinentry>' : 'OK')
  }
})

function react(): void {
  const timesBefore = readFileSync(LOG, 'utf8').split('GETPIN').length - 2
  const script = SCRIPT.split('\n')
  const reaction = script[timesBefore] ?? script.at(-1) ?? ''
  const [, what = '', text = ''] = /^(\S+) ?(.*)$/u.exec(reaction) ?? []
  if (what === 'silence') return
  rmSync(WINDOW, { recursive: true, force: true })
  if (what === 'leave') process.exit(0)
  if (what === 'refuse') say(`ERR ${text}`)
  if (what === 'garbage') say(text)
  if (what !== 'answer') return
  // Two lines of data, and a status between them, as the protocol allows.
  say(`D ${text.slice(0, 2).replaceAll('%', '%25')}`)
  say('S NOTHING of interest')
  say(`D ${text.slice(2).replaceAll('%', '%25')}`)
  say('OK')
}

function note(line: string): void {
  appendFileSync(LOG, `${line}\n`)
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}
