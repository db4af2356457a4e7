/**
 * Everything that a command can wait for, made real: each starts a command and has it wait.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { parseFault } from '../../src/emulator/faults.ts'
import { createWorld, type World } from './long-running.ts'
import { startCli, type CliOptions, type RunningCli } from './run-cli.ts'
import { hasCompiler, hasSoftToken, PIN, ProxyModule, SoftTokens } from './soft-token.ts'

export interface Wait {
  readonly what: string
  /** Why this machine cannot have it; undefined when it can. */
  readonly needs?: string | undefined
  begin(waits: Waits): Promise<RunningCli>
}

/** What the waits share. */
export class Waits implements AsyncDisposable {
  readonly world: World
  readonly #resources = new AsyncDisposableStack()

  private constructor(world: World) {
    this.world = this.#resources.use(world)
  }

  static async open(): Promise<Waits> {
    return new Waits(await createWorld({ faults: [parseFault('silence')] }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    return this.#resources.use(resource)
  }

  path(name: string): string {
    return join(this.world.folder, name)
  }

  /** A command with the profile's settings, after `sign` appeared on its stderr. */
  async start(
    args: readonly string[],
    sign: string,
    { env, ...options }: CliOptions = {},
  ): Promise<RunningCli> {
    const [command = '', ...rest] = args
    const running = startCli([command, '--debug', ...rest], {
      ...options,
      env: { ...this.world.env, ...env },
      limitMs: LIMIT_MS,
    })
    await said(running, sign)
    return running
  }

  async startForCredentials(flags: readonly string[], options?: CliOptions): Promise<RunningCli> {
    return this.start(['credential-process', '--profile', 'onprem', ...flags], SETTLED, options)
  }

  /** Somebody who takes connections and says nothing. */
  async silentServer(path: string): Promise<{ readonly asked: Promise<undefined> }> {
    const { promise: asked, resolve: ask } = Promise.withResolvers<undefined>()
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        ask(undefined)
      })
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    this.#resources.defer(() => {
      server.close()
    })
    return { asked }
  }
}

/** Longer than any command may take that was told to end: what is cut by this has failed. */
const LIMIT_MS = 15_000

/** The first line of the trace: from here on the command is at work. */
const SETTLED = 'debug: setting'

async function said({ child, result }: RunningCli, sign: string): Promise<void> {
  let seen = ''
  const appeared = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (seen.includes(sign)) resolve()
    })
  })
  const ended = result.then(({ stderr }) => {
    throw new Error(`ended before it waited:\n${stderr}`)
  })
  await Promise.race([appeared, ended])
  ended.catch(() => undefined)
}

const COMMANDS: readonly (readonly string[])[] = [
  ['credential-process', '--profile', 'onprem'],
  ['env', '--profile', 'onprem'],
  ['exec', '--profile', 'onprem', '--', 'sleep', '60'],
  ['exec', '--server', '--profile', 'onprem', '--', 'sleep', '60'],
  ['update', '--profile', 'demo', '--settings-profile', 'onprem'],
  ['serve', '--port', '0', '--profile', 'onprem', '--token-folder'],
]

export const WAITS: readonly Wait[] = [
  ...COMMANDS.map((args): Wait => ({
    what: `the first answer of AWS: ${args[0] ?? ''} ${args[1] ?? ''}`,
    begin: async (waits: Waits): Promise<RunningCli> => {
      const folder = args.at(-1) === '--token-folder' ? [waits.path('tokens')] : []
      return waits.start([...args, ...folder], 'debug: sign ')
    },
  })),
  {
    what: 'a TPM that is silent',
    begin: async (waits: Waits): Promise<RunningCli> => {
      const { certificatePem } = await waits.world.authority.issue({ keyType: 'ec' })
      writeFileSync(waits.path('tpm.pem'), certificatePem)
      const { asked } = await waits.silentServer(waits.path('tpm.sock'))
      const args = ['--certificate', waits.path('tpm.pem'), '--private-key', 'handle:0x81000001']
      const device = ['--tpm-device', waits.path('tpm.sock'), '--no-tpm-key-password']
      const running = await waits.startForCredentials([...args, ...device])
      await asked
      return running
    },
  },
  ...['fd:3', 'stdin', 'cmd:exec sleep 60'].map((source): Wait => ({
    what: `a password from ${source}`,
    begin: async (waits: Waits): Promise<RunningCli> => {
      const key = createPrivateKey(readFileSync(waits.path('leaf.key')))
      const encrypted = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc' } as const
      const pem = key.export({ ...encrypted, passphrase: 'x' })
      writeFileSync(waits.path('encrypted.key'), pem, { mode: 0o600 })
      execFileSync('mkfifo', [waits.path(`silent ${source}`)])
      // Read and write, so that nobody has to open the other end.
      const silent = openSync(waits.path(`silent ${source}`), constants.O_RDWR)
      const flags = ['--private-key', waits.path('encrypted.key'), '--key-password', source]
      const running = await waits.startForCredentials(flags, { extraStdio: [silent], stdin: null })
      closeSync(silent)
      return running
    },
  })),
  {
    what: 'a signer command',
    begin: async (waits: Waits): Promise<RunningCli> => {
      const config = waits.path('config')
      writeFileSync(config, readFileSync(config, 'utf8').replace(/^.*private_key.*$/mu, ''))
      return waits.startForCredentials(['--signer-command', 'echo asked >&2; exec sleep 60'])
    },
  },
  {
    what: 'another process that fetches for the cache',
    begin: async (waits: Waits): Promise<RunningCli> => {
      const cache = ['--cache', '--cache-dir', waits.path('cache')]
      const first = await waits.start(
        ['credential-process', '--profile', 'onprem', ...cache],
        'debug: sign ',
      )
      waits.use({
        [Symbol.asyncDispose]: async () => {
          first.child.kill('SIGKILL')
          await first.result
        },
      })
      return waits.startForCredentials(cache)
    },
  },
  {
    what: 'a module that hangs in C_Initialize',
    needs: hasSoftToken && hasCompiler ? undefined : 'SoftHSM and gcc',
    begin: async (waits: Waits): Promise<RunningCli> => {
      const tokens = waits.use(new SoftTokens())
      const leaf = await waits.world.authority.issue({ keyType: 'ec' })
      tokens.addToken('card')
      tokens.addCertificate('card', leaf.certificatePem, { id: '01', label: 'leaf' })
      const proxy = new ProxyModule(tokens)
      const running = await waits.start(
        [
          ...['credential-process', '--profile', 'onprem', '--pkcs11-lib', proxy.path],
          ...['--certificate', 'pkcs11:token=card', '--private-key', 'pkcs11:token=card'],
          ...['--pin', 'env:TOKEN_PIN'],
        ],
        SETTLED,
        { env: { ...tokens.env, ...proxy.env('hang=C_Initialize'), TOKEN_PIN: PIN } },
      )
      return running
    },
  },
]
