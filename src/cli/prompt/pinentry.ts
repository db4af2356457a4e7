/**
 * Asks with pinentry, the program with which GnuPG asks: in a window, or on the terminal in a form of its own.
 *
 * @see https://www.gnupg.org/documentation/manuals/pinentry/ "Assuan protocol"
 * @module
 */

import type { RolesAnywhereError } from '../../core/errors.ts'
import { printable } from '../../core/printable.ts'
import { says, setting } from '../../core/wording.ts'
import { hasTerminal } from '../../machine/end-processes.ts'
import { findProgram } from '../../machine/find-program.ts'
import { startProgram } from '../../machine/start-program.ts'
import { ANSWER_TIMEOUT_MS, cancelled, unavailable, type PromptPorts } from './prompt-ports.ts'
import { AssuanBroken, AssuanClient, AssuanRefusal } from './assuan.ts'

const PROGRAM = 'pinentry'

/** Codes of libgpg-error, in the lower 16 bits of what a pinentry says: 83886179 is 99. */
const GPG_ERR_TIMEOUT = 62
const GPG_ERR_CANCELED = 99
const GPG_ERR_FULLY_CANCELED = 198
const CODE_MASK = 0xffff

/** @throws {RolesAnywhereError} as `askPerson` does */
export async function askWithPinentry(
  question: string,
  problem: string | undefined,
  ports: PromptPorts,
): Promise<string> {
  const { env, signal, timeoutMs = ANSWER_TIMEOUT_MS } = ports
  if (findProgram(PROGRAM, env['PATH']) !== 'found') {
    throw unavailable('there is no pinentry on PATH', 'install one, such as pinentry-gtk2')
  }
  const { child, end } = startProgram([PROGRAM], { env, stderr: 'ignore' })
  const stopped = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    stopped.reject(unanswered(timeoutMs))
  }, timeoutMs)
  const onAbort = (): void => {
    stopped.reject(cancelled('cancelled at the prompt'))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  child.once('error', (cause) => {
    stopped.reject(unavailable('pinentry does not start', undefined, cause))
  })
  try {
    const client = new AssuanClient(child.stdin, child.stdout)
    const talk = converse(client, { question, problem, env, timeoutMs })
    const answer = await Promise.race([talk, stopped.promise])
    try {
      return answer.toString('utf8')
    } finally {
      answer.fill(0)
    }
  } catch (error) {
    throw explained(error, timeoutMs)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    end()
    child.stdout.destroy()
  }
}

interface Dialog {
  readonly question: string
  readonly problem: string | undefined
  readonly env: PromptPorts['env']
  readonly timeoutMs: number
}

async function converse(
  client: AssuanClient,
  { question, problem, env, timeoutMs }: Dialog,
): Promise<Buffer> {
  await client.greeting()
  // Not every pinentry knows every option, and none of these is needed for an answer.
  for (const option of optionsFor(env)) await unlessRefused(client.ask('OPTION', option))
  // It leaves by itself, a moment before it is ended: only it can put a terminal right.
  const seconds = Math.max(1, Math.floor(timeoutMs / 1000) - 1)
  await unlessRefused(client.ask('SETTIMEOUT', String(seconds)))
  await unlessRefused(client.ask('SETTITLE', 'rolesanywhere'))
  await client.ask('SETDESC', sentence(question))
  await client.ask('SETPROMPT', question.startsWith('PIN') ? 'PIN:' : 'Password:')
  if (problem !== undefined) await unlessRefused(client.ask('SETERROR', printable(problem, 300)))
  return await client.ask('GETPIN')
}

/** Where a pinentry for terminals is to draw, and in which characters. */
function optionsFor(env: PromptPorts['env']): readonly string[] {
  const { TERM: type, LC_ALL: all, LC_CTYPE: characters, LANG: language } = env
  const locale = [all, characters, language].find((name) => name !== undefined && name !== '')
  return [
    ...(hasTerminal() ? ['ttyname=/dev/tty'] : []),
    ...(hasTerminal() && type !== undefined && type !== '' ? [`ttytype=${type}`] : []),
    ...(locale === undefined ? [] : [`lc-ctype=${locale}`]),
  ]
}

/** A label of a token is not to fill the screen, nor to make lines of its own. */
function sentence(question: string): string {
  return printable(`rolesanywhere needs the ${question.replace(/^the |:\s*$/gu, '')}`, 300)
}

async function unlessRefused(answer: Promise<Buffer>): Promise<void> {
  await answer.catch((error: unknown) => {
    if (!(error instanceof AssuanRefusal)) throw error
  })
}

/** Our errors as they are; what the program said or did as one of them. */
function explained(error: unknown, timeoutMs: number): unknown {
  if (error instanceof AssuanRefusal) {
    const code = error.code & CODE_MASK
    if (code === GPG_ERR_CANCELED || code === GPG_ERR_FULLY_CANCELED) {
      return cancelled('cancelled in the window of pinentry')
    }
    if (code === GPG_ERR_TIMEOUT) return unanswered(timeoutMs)
    const said = printable(error.message, 100)
    return unavailable(`pinentry failed: ${said === '' ? '' : `${said}, `}error ${error.code}`, TRY)
  }
  if (error instanceof AssuanBroken) {
    return unavailable(`pinentry cannot be used: ${error.message}`, TRY, error)
  }
  return error
}

function unanswered(timeoutMs: number): RolesAnywhereError {
  return unavailable(`nobody answered pinentry within ${timeoutMs / 1000} s`)
}

const TRY = says`see what "pinentry" does with GETPIN, or use ${setting('prompt', 'askpass')} with SSH_ASKPASS`
