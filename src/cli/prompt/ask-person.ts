/**
 * Asks a person for a PIN or a password, in the way that was chosen or that there is: on the terminal, in
 * a window of pinentry, or by an SSH_ASKPASS program.
 *
 * An IDE starts a `credential_process` without a terminal; whoever sits before it can still be asked where
 * there is a display.
 *
 * @see user-pain.md row 26
 * @module
 */

import { says, setting } from '../../core/wording.ts'
import { hasTerminal } from '../../machine/end-processes.ts'
import { findProgram } from '../../machine/find-program.ts'
import {
  cancelled,
  unavailable,
  type PromptOptions,
  type PromptPorts,
  type PromptWay,
} from './prompt-ports.ts'

/**
 * Asks one question.
 *
 * @param question - ends with a colon and a blank, as on a terminal
 * @throws {RolesAnywhereError} ERR_CONFIG_SECRET_UNAVAILABLE, which does not repeat the question, where
 *   nobody can be asked or nobody answers; ERR_CANCELLED when the person, or `signal`, cancels.
 */
export async function askPerson(
  question: string,
  { way: chosen, problem }: PromptOptions,
  ports: PromptPorts,
): Promise<string> {
  if (ports.signal.aborted) throw cancelled('cancelled before the prompt')
  const way = chosen ?? wayThereIs(ports.env)
  if (way === 'none') {
    throw unavailable(says`${setting('prompt', 'none')} says that nobody is to be asked`)
  }
  if (way === 'tty') {
    const { promptOnTerminal } = await import('./terminal.ts')
    return await promptOnTerminal(question, ports.signal)
  }
  const { oneQuestion } = await import('./one-question.ts')
  return await oneQuestion(ports, async () => {
    if (way === 'pinentry') {
      const { askWithPinentry } = await import('./pinentry.ts')
      return await askWithPinentry(question, problem, ports)
    }
    const { askWithAskpass } = await import('./askpass.ts')
    return await askWithAskpass(question, ports)
  })
}

function wayThereIs(env: PromptPorts['env']): PromptWay {
  if (hasTerminal()) return 'tty'
  const { DISPLAY: x11 = '', WAYLAND_DISPLAY: wayland = '' } = env
  if (x11 === '' && wayland === '') {
    throw unavailable(
      NO_TERMINAL,
      says`where there is a display, ${setting('prompt', 'pinentry')} asks in a window`,
    )
  }
  if (findProgram('pinentry', env['PATH']) === 'found') return 'pinentry'
  throw unavailable(
    says`${NO_TERMINAL}, and no pinentry on PATH`,
    says`install a pinentry, or use ${setting('prompt', 'askpass')} with SSH_ASKPASS`,
  )
}

const NO_TERMINAL = 'there is no terminal to ask on'
