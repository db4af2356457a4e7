/**
 * Every command, one row each: what help says about it and the file that does it.
 *
 * Files are loaded on use, so that a run pays only for its own command.
 *
 * @module
 */

import type { CommandName } from '../settings/setting-row.ts'
import type { Invocation } from './invocation.ts'

export interface CommandModule {
  /**
   * Does the command's work; the result goes to `system.writeResult`. A number is the exit code, of a
   * command whose work was done though the answer may be no.
   */
  execute(invocation: Invocation): Promise<void> | Promise<number>
}

export interface CommandRow {
  readonly name: CommandName
  /** One sentence without its full stop. */
  readonly summary: string
  /** Command lines that help shows before the flags, without the program's name. */
  readonly examples: readonly string[]
  /** Whether a program and its arguments may follow behind `--`. */
  readonly takesProgram?: true
  readonly load: () => Promise<CommandModule>
}

const ARNS = '--trust-anchor-arn ARN --profile-arn ARN --role-arn ARN'

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'credential-process',
    summary: 'Print temporary credentials as the JSON that AWS SDKs read',
    examples: [
      `credential-process --certificate client.pem --private-key client.key ${ARNS}`,
      'credential-process --profile onprem',
    ],
    load: async () => import('./commands/credential-process.ts'),
  },
  {
    name: 'serve',
    summary: 'Keep credentials fresh and hand them out on this machine, as EC2 and ECS do',
    examples: ['serve --profile onprem', 'serve --profile a --profile b --no-imds'],
    load: async () => import('./commands/serve.ts'),
  },
  {
    name: 'update',
    summary: 'Keep credentials fresh in a profile of the shared credentials file',
    examples: [
      `update --profile onprem --certificate client.pem --private-key client.key ${ARNS}`,
      'update --profile onprem --settings-profile onprem --once',
    ],
    load: async () => import('./commands/update.ts'),
  },
  {
    name: 'exec',
    summary: 'Run a program with credentials in its environment',
    examples: ['exec --profile onprem -- aws s3 ls', 'exec --profile onprem --server -- ./daemon'],
    takesProgram: true,
    load: async () => import('./commands/exec.ts'),
  },
  {
    name: 'env',
    summary: 'Print credentials as lines for a shell to evaluate',
    examples: ['env --profile onprem', 'env --profile onprem --shell fish | source'],
    load: async () => import('./commands/env.ts'),
  },
  {
    name: 'status',
    summary: 'Ask a running serve what it has, how long it lasts, and what went wrong last',
    examples: ['status', 'status --port 9911 --json'],
    load: async () => import('./commands/status.ts'),
  },
  {
    name: 'sign-string',
    summary: 'Sign a fixed test message, to prove that a private key can be used',
    examples: [
      'sign-string --private-key client.key',
      'sign-string --private-key client.key --stdin --format bin < message > signature',
    ],
    load: async () => import('./commands/sign-string.ts'),
  },
  {
    name: 'read-certificate-data',
    summary: 'Print what AWS will see of a certificate',
    examples: ['read-certificate-data --certificate client.pem'],
    load: async () => import('./commands/read-certificate-data.ts'),
  },
  {
    name: 'pkcs11 list',
    summary:
      'List PKCS#11 modules, tokens, certificates and keys, with URIs that are ready to paste',
    examples: ['pkcs11 list', 'pkcs11 list --login --token pkcs11:token=MyToken --json'],
    load: async () => import('./commands/pkcs11-list.ts'),
  },
  {
    name: 'cache list',
    summary: 'List the credentials that credential-process --cache keeps, without their secrets',
    examples: ['cache list'],
    load: async () => import('./commands/cache-list.ts'),
  },
  {
    name: 'cache clear',
    summary: 'Remove the credentials that credential-process --cache keeps',
    examples: ['cache clear'],
    load: async () => import('./commands/cache-clear.ts'),
  },
  {
    name: 'emulator',
    summary: 'Run a local Roles Anywhere endpoint that really verifies, for tests',
    examples: [
      'emulator --trust-anchor ca.pem',
      'emulator --trust-anchor ca.pem --tls --tls-ca-out tls-ca.pem --fault status=503:x2',
    ],
    load: async () => import('./commands/emulator.ts'),
  },
  {
    name: 'licenses',
    summary: 'Print the licences of this program and of everything inside it',
    examples: ['licenses'],
    load: async () => import('./commands/licenses.ts'),
  },
  {
    name: 'version',
    summary: 'Print the version',
    examples: ['version'],
    load: async () => import('./commands/version.ts'),
  },
]
