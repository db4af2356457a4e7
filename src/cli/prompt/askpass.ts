/**
 * Asks with the program that SSH_ASKPASS names: the question is its argument, the answer what it prints.
 *
 * @see ssh(1), SSH_ASKPASS
 * @module
 */

import { visible } from '../../core/printable.ts'
import { findProgram } from '../../machine/find-program.ts'
import { runProgram } from '../../machine/run-command.ts'
import { ANSWER_TIMEOUT_MS, cancelled, unavailable, type PromptPorts } from './prompt-ports.ts'

/** Longer than any PIN or password a person types. */
const MAX_ANSWER_BYTES = 1024

/** @throws {RolesAnywhereError} as `askPerson` does */
export async function askWithAskpass(question: string, ports: PromptPorts): Promise<string> {
  const { env, signal, timeoutMs = ANSWER_TIMEOUT_MS } = ports
  const { SSH_ASKPASS: program = '' } = env
  if (program === '') throw unavailable('SSH_ASKPASS is not set', SET_IT)
  if (findProgram(program, env['PATH']) !== 'found') {
    throw unavailable('what SSH_ASKPASS names is no program that can be run', SET_IT)
  }
  const options = { env, signal, timeoutMs, maxBytes: MAX_ANSWER_BYTES }
  const result = await runProgram([program, visible(question)], options)
  if ('output' in result) {
    try {
      return result.output.toString('utf8').replace(/\r?\n$/u, '')
    } finally {
      result.output.fill(0)
    }
  }
  if (signal.aborted) throw cancelled('cancelled at the prompt')
  // What ends with 1 was left by its "Cancel"; other numbers are of shells and of its own failures.
  if (result.exitCode === 1) throw cancelled('cancelled in the window of SSH_ASKPASS')
  throw unavailable(`the answer of SSH_ASKPASS ${result.problem}`)
}

const SET_IT = 'name a program in it, such as /usr/lib/openssh/gnome-ssh-askpass'
