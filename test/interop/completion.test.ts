/**
 * Completion in the real shells: a person types, presses Tab, and gets the command line that was meant.
 *
 * The program that is completed prints what it was started with, and hands only `completion` on to ours.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { EXECUTABLE, runCli } from '../support/run-cli.ts'
import { typeInShell } from '../support/shell-session.ts'
import { hasSoftToken, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

const PROMPT = 'READY> '

interface Shell {
  readonly name: 'bash' | 'zsh' | 'fish'
  readonly args: readonly string[]
  /** Loads the script at the path. */
  readonly start: (script: string) => readonly string[]
}

const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    start: (script) => ["bind 'set enable-bracketed-paste off'", `source ${script}`],
  },
  {
    name: 'zsh',
    args: ['-f', '-i'],
    start: (script) => ['autoload -U compinit && compinit -u -D', `source ${script}`],
  },
  {
    name: 'fish',
    args: ['--no-config', '-i', '-C', `function fish_prompt; echo -n '${PROMPT}'; end`],
    start: (script) => [`source ${script}`],
  },
]

/** What is typed, and the words that the program must then be started with. */
const TYPED: readonly (readonly [typed: string, words: readonly string[]])[] = [
  ['stat\t', ['status']],
  ['cache cl\t', ['cache', 'clear']],
  ['update --settings-p\tx', ['update', '--settings-profile', 'x']],
  ['serve --profile onp\t', ['serve', '--profile', 'onprem']],
  ['serve --profile=onp\t', ['serve', '--profile=onprem']],
  ['env --shell pow\t', ['env', '--shell', 'powershell']],
  ['env --certificate cli\t', ['env', '--certificate', 'client.pem']],
  ['env --certificate=cli\t', ['env', '--certificate=client.pem']],
  ['env --pin file:cli\t', ['env', '--pin', 'file:client.pem']],
  ['env --pin=env\tPIN', ['env', '--pin=env:PIN']],
  ['env --debug=tr\t', ['env', '--debug=true']],
  ['exec --prox\tp -- printen\t', ['exec', '--proxy', 'p', '--', 'printenv']],
]

let stage: Stage
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  stage = await openStage()
  stage.write('client.pem', '')
  stage.write('config', '[profile onprem]\nregion = x\n[profile other]\n[default]\n')
  const bin = join(stage.folder, 'rolesanywhere')
  writeFileSync(
    bin,
    `#!/bin/sh
[ "$1" = completion ] && exec '${process.execPath}' '${EXECUTABLE}' "$@"
for word; do printf 'WORD<%s>\\n' "$word"; done
`,
    { mode: 0o700 },
  )
  env = {
    PATH: `${stage.folder}:/usr/bin:/bin`,
    HOME: stage.folder,
    TERM: 'dumb',
    AWS_CONFIG_FILE: join(stage.folder, 'config'),
    PS1: PROMPT,
  }
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

/** What the program was started with, for each line that was typed. */
async function started(
  shell: Shell,
  typed: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string[][]> {
  const script = join(stage.folder, `completion.${shell.name}`)
  writeFileSync(script, (await runCli(['completion', shell.name])).stdout)
  const terminal = await typeInShell({
    argv: [pathOf(shell.name), ...shell.args],
    env: { ...env, ...more },
    cwd: stage.folder,
    prompt: PROMPT,
    lines: [...shell.start(script), ...typed.map((line) => `rolesanywhere ${line}`), 'exit'],
  })
  return terminal
    .split(PROMPT)
    .map((part) => [...part.matchAll(/WORD<([^>]*)>\r?\n/gu)].map(([, word = '']) => word))
    .filter((words) => words.length > 0)
}

function pathOf(program: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim()
}

describe.each(SHELLS)('$name', (shell) => {
  it.skipIf(!hasProgram(shell.name) || !hasProgram('python3'))(
    'completes commands, flags, profiles, choices, files, sources and programs',
    async () => {
      const words = await started(
        shell,
        TYPED.map(([typed]) => typed),
      )
      expect(words).toEqual(TYPED.map(([, expected]) => expected))
    },
  )

  it.skipIf(!hasProgram(shell.name) || !hasProgram('python3') || !hasSoftToken)(
    'completes URIs of tokens, quoted as the shell needs them',
    async () => {
      using tokens = new SoftTokens()
      tokens.addToken('work')
      const line = `env --pkcs11-lib ${SOFTHSM} --certificate pkcs11:manu\t`
      const [words = []] = await started(shell, [line], tokens.env)
      expect(words.slice(0, -1)).toEqual(['env', '--pkcs11-lib', SOFTHSM, '--certificate'])
      expect(words.at(-1)).toMatch(
        /^pkcs11:manufacturer=SoftHSM%20project;serial=[0-9a-f]+;token=work$/u,
      )
    },
  )
})
