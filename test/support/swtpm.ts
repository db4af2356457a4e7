/**
 * A software TPM for one test file, with keys made by tpm2-tools.
 *
 * @module
 */

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface SoftwareTpm extends AsyncDisposable {
  /** For TPM_DEVICE. */
  readonly socketPath: string
  /** Working folder; removed at the end. */
  readonly folder: string
  /** Runs a program of tpm2-tools in the folder and returns its standard output. */
  run(program: string, ...args: string[]): Promise<string>
  /** Ends the TPM, as if it were taken away. */
  stop(): Promise<void>
  /** Starts it again with what it had stored. */
  start(): Promise<void>
}

/** The standard storage key of draft-bottomley-tpm2-keys, as tpm2-tools make it. */
export const STORAGE_KEY_ATTRIBUTES =
  'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'
export const SIGNING_KEY_ATTRIBUTES = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'

export async function startSwtpm(): Promise<SoftwareTpm> {
  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-swtpm-'))
  const socketPath = join(folder, 'tpm.sock')
  mkdirSync(join(folder, 'state'))
  let child: ChildProcess | undefined
  const tpm: SoftwareTpm = {
    socketPath,
    folder,
    async run(program, ...args) {
      const { stdout } = await promisify(execFile)(program, args, {
        cwd: folder,
        env: { PATH: process.env['PATH'], TPM2TOOLS_TCTI: `swtpm:path=${socketPath}` },
      })
      return stdout
    },
    async stop() {
      const ended = child === undefined ? undefined : once(child, 'exit')
      child?.kill('SIGKILL')
      await ended
      child = undefined
      rmSync(socketPath, { force: true })
    },
    async start() {
      child = spawn('swtpm', [...SWTPM_ARGUMENTS, ...serverArguments(folder, socketPath)], {
        stdio: 'ignore',
      })
      await waitForSocket(socketPath)
    },
    async [Symbol.asyncDispose]() {
      await tpm.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await tpm.start()
  return tpm
}

const SWTPM_ARGUMENTS = ['socket', '--tpm2', '--flags', 'startup-clear']

function serverArguments(folder: string, socketPath: string): string[] {
  return [
    ...['--tpmstate', `dir=${join(folder, 'state')}`],
    ...['--server', `type=unixio,path=${socketPath}`],
    ...['--ctrl', `type=unixio,path=${socketPath}.ctrl`],
  ]
}

/** Nothing tells when swtpm listens, so it is asked until it does. */
async function waitForSocket(path: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (existsSync(path) && existsSync(`${path}.ctrl`)) return
    await setTimeout(25)
  }
  throw new Error('swtpm does not listen')
}

/** A TCP listener before the TPM's Unix socket, as `swtpm --server type=tcp` has one. */
export async function listenOnTcp(
  tpm: SoftwareTpm,
): Promise<{ readonly address: string } & AsyncDisposable> {
  const server = createServer((client) => {
    const upstream = connect(tpm.socketPath)
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
