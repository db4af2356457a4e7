/**
 * Every command, one row each: what help says about it and what does it.
 *
 * Files are loaded on use, so that a run pays only for its own command.
 *
 * @module
 */

import type { CommandName } from '../settings/setting-row.ts'
import type { CompletionShell } from './completion/scripts.ts'
import type { Invocation } from './invocation.ts'

export interface CommandRow<C extends CommandName> {
  /** One sentence without its full stop. */
  readonly summary: string
  /** Command lines that help shows before the flags, without the program's name. */
  readonly examples: readonly string[]
  /** What may follow behind `--`, in the words of a usage line. */
  readonly operands?: string
  /** For scripts of ours alone: help and manual pages do not name it. */
  readonly isInternal?: true
  /** Settings that are wrong or missing are what it is there to tell, and keep it from nothing. */
  readonly examinesSettings?: true
  /**
   * Does the command's work; the result goes to `system.writeResult`. A number is the exit code, of a
   * command whose work was done though the answer may be no.
   */
  readonly execute: (invocation: Invocation<C>) => Promise<void> | Promise<number>
}

/** First words of two, and what help says about those. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  pkcs11: 'Look at PKCS#11 tokens',
  cache: 'Look at, or remove, the credentials that credential-process --cache keeps',
  completion: 'Let a shell complete commands, flags, profiles and token URIs',
}

const ARNS = '--trust-anchor-arn ARN --profile-arn ARN --role-arn ARN'

export const COMMANDS: { readonly [C in CommandName]: CommandRow<C> } = {
  'credential-process': {
    summary: 'Print temporary credentials as the JSON that AWS SDKs read',
    examples: [
      `credential-process --certificate client.pem --private-key client.key ${ARNS}`,
      'credential-process --profile onprem',
    ],
    execute: async (invocation) =>
      (await import('./commands/credential-process.ts')).execute(invocation),
  },
  serve: {
    summary: 'Keep credentials fresh and hand them out on this machine, as EC2 and ECS do',
    examples: ['serve --profile onprem', 'serve --profile a --profile b --no-imds'],
    execute: async (invocation) => (await import('./commands/serve.ts')).execute(invocation),
  },
  update: {
    summary: 'Keep credentials fresh in a profile of the shared credentials file',
    examples: [
      `update --profile onprem --certificate client.pem --private-key client.key ${ARNS}`,
      'update --profile onprem --settings-profile onprem --once',
    ],
    execute: async (invocation) => (await import('./commands/update.ts')).execute(invocation),
  },
  exec: {
    summary: 'Run a program with credentials in its environment',
    examples: ['exec --profile onprem -- aws s3 ls', 'exec --profile onprem --server -- ./daemon'],
    operands: 'PROGRAM [ARGUMENT...]',
    execute: async (invocation) => (await import('./commands/exec.ts')).execute(invocation),
  },
  env: {
    summary: 'Print credentials as lines for a shell to evaluate',
    examples: ['env --profile onprem', 'env --profile onprem --shell fish | source'],
    execute: async (invocation) => (await import('./commands/env.ts')).execute(invocation),
  },
  status: {
    summary: 'Ask a running serve what it has, how long it lasts, and what went wrong last',
    examples: ['status', 'status --watch', 'status --port 9911 --json'],
    execute: async (invocation) => (await import('./commands/status.ts')).execute(invocation),
  },
  doctor: {
    summary:
      'Find out why there are no credentials: settings, certificate, key, chain, ARNs, token',
    examples: [
      'doctor --profile onprem',
      'doctor --profile onprem --online',
      `doctor --certificate client.pem --private-key client.key ${ARNS} --json`,
    ],
    examinesSettings: true,
    execute: async (invocation) => (await import('./commands/doctor.ts')).execute(invocation),
  },
  'sign-string': {
    summary: 'Sign a fixed test message, to prove that a private key can be used',
    examples: [
      'sign-string --private-key client.key',
      'sign-string --private-key client.key --stdin --format bin < message > signature',
    ],
    execute: async (invocation) => (await import('./commands/sign-string.ts')).execute(invocation),
  },
  'read-certificate-data': {
    summary: 'Print what AWS will see of a certificate',
    examples: [
      'read-certificate-data --certificate client.pem',
      'read-certificate-data --certificate client.pem --text',
    ],
    execute: async (invocation) =>
      (await import('./commands/read-certificate-data.ts')).execute(invocation),
  },
  configure: {
    summary: 'Write a profile into the AWS config file: find certificate and key, ask for the rest',
    examples: [
      'configure',
      'configure --profile onprem --certificate client.pem --private-key client.key --arn ARN --arn ARN --arn ARN',
      'configure --profile admin --source-profile onprem --role-arn ARN',
      'configure --undo',
      'configure --print cloudformation --trust-anchor ca.pem --certificate client.pem',
    ],
    execute: async (invocation) => (await import('./commands/configure.ts')).execute(invocation),
  },
  csr: {
    summary: 'Print a certificate request (PKCS#10) for a key, or for a new one',
    examples: [
      'csr --subject CN=web.example.com --private-key client.key --generate ec-p256 > client.csr',
      'csr --subject CN=web --san dns:web.example.com --private-key "pkcs11:token=MyToken;object=web"',
    ],
    execute: async (invocation) => (await import('./commands/csr.ts')).execute(invocation),
  },
  'pkcs11 list': {
    summary:
      'List PKCS#11 modules, tokens, certificates and keys, with URIs that are ready to paste',
    examples: ['pkcs11 list', 'pkcs11 list --login --token pkcs11:token=MyToken --json'],
    execute: async (invocation) => (await import('./commands/pkcs11-list.ts')).execute(invocation),
  },
  'cache list': {
    summary: 'List the credentials that credential-process --cache keeps, without their secrets',
    examples: ['cache list', 'cache list --json'],
    execute: async (invocation) => (await import('./commands/cache-list.ts')).execute(invocation),
  },
  'cache clear': {
    summary: 'Remove the credentials that credential-process --cache keeps',
    examples: ['cache clear'],
    execute: async (invocation) => (await import('./commands/cache-clear.ts')).execute(invocation),
  },
  emulator: {
    summary: 'Run a local Roles Anywhere endpoint that really verifies, for tests',
    examples: [
      'emulator --trust-anchor ca.pem',
      'emulator --trust-anchor ca.pem --tls --tls-ca-out tls-ca.pem --fault status=503:x2',
    ],
    execute: async (invocation) => (await import('./commands/emulator.ts')).execute(invocation),
  },
  licenses: {
    summary: 'Print the licences of this program and of everything inside it',
    examples: ['licenses'],
    execute: async (invocation) => (await import('./commands/licenses.ts')).execute(invocation),
  },
  'completion bash': {
    summary: 'Print the completion script for bash',
    examples: ['completion bash > ~/.local/share/bash-completion/completions/rolesanywhere'],
    execute: async (invocation) => printScript('bash', invocation),
  },
  'completion zsh': {
    summary: 'Print the completion script for zsh',
    examples: ['completion zsh > "${fpath[1]}/_rolesanywhere"'],
    execute: async (invocation) => printScript('zsh', invocation),
  },
  'completion fish': {
    summary: 'Print the completion script for fish',
    examples: ['completion fish > ~/.config/fish/completions/rolesanywhere.fish'],
    execute: async (invocation) => printScript('fish', invocation),
  },
  'completion words': {
    summary: 'Print what may come next on a command line, for those scripts',
    examples: ['completion words -- serve --prof'],
    operands: '[WORD...]',
    isInternal: true,
    execute: async (invocation) =>
      (await import('./commands/completion-words.ts')).execute(invocation),
  },
  version: {
    summary: 'Print the version',
    examples: ['version'],
    execute: async (invocation) => (await import('./commands/version.ts')).execute(invocation),
  },
}

async function printScript(
  shell: CompletionShell,
  { system }: Pick<Invocation, 'system'>,
): Promise<void> {
  const { COMPLETION_SCRIPTS } = await import('./completion/scripts.ts')
  await system.writeResult(COMPLETION_SCRIPTS[shell])
}

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[]

/** Those that are for people. */
export const DOCUMENTED_COMMANDS: readonly CommandName[] = COMMAND_NAMES.filter(
  (name) => COMMANDS[name].isInternal !== true,
)

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text)
}
