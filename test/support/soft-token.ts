/**
 * Real tokens for tests: SoftHSM in a temporary folder, filled by OpenSC's pkcs11-tool.
 *
 * Neither shares code with src/identity/pkcs11.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demand, hasProgram } from './capabilities.ts'

export const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so'
export const P11_KIT_PROXY = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/p11-kit-proxy.so`
export const PIN = '1234'

/** SoftHSM, OpenSC's tools, and pkcs11js built. */
export const hasSoftToken: boolean =
  demand(existsSync(SOFTHSM), 'SoftHSM (softhsm2)') &&
  hasProgram('softhsm2-util') &&
  hasProgram('pkcs11-tool') &&
  demand(
    existsSync(join(import.meta.dirname, '../../node_modules/pkcs11js/build/Release/pkcs11.node')),
    'pkcs11js',
  )

export interface TokenObject {
  /** CKA_ID in hex. */
  readonly id: string
  readonly label: string
}

/** A folder of tokens of its own, with the environment that leads SoftHSM there. */
export class SoftTokens implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'rolesanywhere-tokens-'))
  readonly tokens: string = join(this.folder, 'tokens')
  readonly env: Readonly<Record<string, string>>

  constructor() {
    mkdirSync(this.tokens)
    const config = this.file(
      'softhsm2.conf',
      `directories.tokendir = ${this.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    )
    this.env = { SOFTHSM2_CONF: config }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  addToken(label: string): void {
    this.run('softhsm2-util', [
      '--init-token',
      '--free',
      '--label',
      label,
      '--pin',
      PIN,
      '--so-pin',
      '12345678',
    ])
  }

  addCertificate(token: string, certificatePem: string, object: TokenObject): void {
    const der = this.file('object.der', new X509Certificate(certificatePem).raw)
    this.#write(token, der, 'cert', object, [])
  }

  /** A private key, and by default its public object, as a card makes them. */
  addKey(
    token: string,
    privateKeyPem: string,
    object: TokenObject,
    options: { readonly alwaysAuthenticate?: boolean; readonly isPublicHidden?: boolean } = {},
  ): void {
    const key = createPrivateKey(privateKeyPem)
    const der = this.file('object.der', key.export({ format: 'der', type: 'pkcs8' }))
    this.#write(token, der, 'privkey', object, [
      '--usage-sign',
      ...(options.alwaysAuthenticate === true ? ['--always-auth'] : []),
    ])
    if (options.isPublicHidden === true) return
    const publicDer = createPublicKey(key).export({ format: 'der', type: 'spki' })
    this.#write(token, this.file('object.der', publicDer), 'pubkey', object, [])
  }

  #write(
    token: string,
    file: string,
    type: string,
    { id, label }: TokenObject,
    more: readonly string[],
  ): void {
    this.run('pkcs11-tool', [
      ...['--module', SOFTHSM, '--token-label', token, '--login', '--pin', PIN],
      ...['--write-object', file, '--type', type, '--id', id, '--label', label, ...more],
    ])
    rmSync(file)
  }

  /** Runs a program that finds these tokens; what it prints is the result. */
  run(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): string {
    const options = { env: { ...process.env, ...this.env, ...env }, stdio: 'pipe' } as const
    return execFileSync(program, args, options).toString()
  }
}

/** Whether the counting module of pkcs11-proxy.c can be built. */
export const hasCompiler: boolean = hasProgram('gcc')

/** A counting, misbehaving module in front of SoftHSM. */
export class ProxyModule {
  readonly path: string
  readonly #log: string

  constructor(tokens: SoftTokens) {
    this.path = join(tokens.folder, 'proxy.so')
    this.#log = join(tokens.folder, 'proxy.log')
    const source = join(import.meta.dirname, 'pkcs11-proxy.c')
    execFileSync('gcc', ['-shared', '-fPIC', '-o', this.path, source, '-ldl'], { stdio: 'pipe' })
  }

  /** The environment for these faults; the log begins anew. */
  env(faults = ''): Readonly<Record<string, string>> {
    rmSync(this.#log, { force: true })
    return {
      PROXY_TARGET: SOFTHSM,
      PROXY_LOG: this.#log,
      PROXY_FAULTS: faults,
      PROXY_PIN: PIN,
    }
  }

  /** Counted calls with this beginning: `C_Login`, `C_Sign 0x0`. */
  calls(beginning: string): readonly string[] {
    if (!existsSync(this.#log)) return []
    return readFileSync(this.#log, 'utf8')
      .split('\n')
      .filter((line) => line === beginning || line.startsWith(`${beginning} `))
  }
}
