/**
 * A real token with ML-DSA keys: kryoptic, a module of PKCS#11 3.2 written in Rust.
 *
 * It is built from the crates' registry once, outside of the repository, and kept there for later runs:
 * under `$XDG_CACHE_HOME/rolesanywhere-tests` or `~/.cache/rolesanywhere-tests`. Building takes one to two
 * minutes on two idle cores, and needs Rust, a C compiler, perl, SQLite's and libclang's development files.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { demand, hasProgram } from './capabilities.ts'
import { hasSoftToken, PIN, type TokenObject } from './soft-token.ts'

const LIBCLANG = ['/usr/lib/llvm-*/lib/libclang.so*', '/usr/lib/*-linux-gnu/libclang*.so*']

/** What building takes, and what other tokens need too. */
export const hasKryoptic: boolean =
  hasSoftToken &&
  hasProgram('cargo') &&
  demand(globSync(LIBCLANG).length > 0, 'libclang (libclang-dev)') &&
  demand(existsSync('/usr/include/sqlite3.h'), 'SQLite (libsqlite3-dev)')

/** For the hook that builds the module, on a busy machine; in milliseconds. */
export const BUILD_TIMEOUT_MS = 1_800_000

const CRATE = join(import.meta.dirname, 'kryoptic')
const LIBRARY = 'libkryoptic_module.so'

/** The path of the module, which is built if it is not there yet. */
export async function buildKryoptic(): Promise<string> {
  const sources = ['Cargo.toml', 'src/lib.rs'].map((file) => readFileSync(join(CRATE, file)))
  const version = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16)
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'rolesanywhere-tests', `kryoptic-${version}`)
  const library = join(folder, LIBRARY)
  if (existsSync(library)) return library
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  cpSync(CRATE, folder, { recursive: true })
  // Not with execFileSync: the test runner listens to its workers while this takes minutes.
  const options = { cwd: folder, maxBuffer: 64 << 20 }
  await promisify(execFile)('cargo', ['build', '--release', '--quiet'], options)
  // Under its name it is there as a whole, or not at all.
  renameSync(join(folder, 'target/release', LIBRARY), library)
  rmSync(join(folder, 'target'), { recursive: true })
  return library
}

/** One token in a temporary folder. */
export class KryopticToken implements Disposable {
  readonly path: string
  readonly env: Readonly<Record<string, string>>
  readonly #folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-kryoptic-'))

  /** @param path of the module. */
  constructor(path: string, label: string) {
    this.path = path
    const config = this.#file(
      'token.conf',
      `[[slots]]\nslot = 1\ndbtype = "sqlite"\ndbargs = "${join(this.#folder, 'token.sql')}"\n`,
    )
    this.env = { KRYOPTIC_CONF: config }
    this.#pkcs11Tool('--slot', '1', '--init-token', '--label', label, '--so-pin', '12345678')
    this.#pkcs11Tool(
      ...['--token-label', label, '--login', '--login-type', 'so', '--so-pin', '12345678'],
      ...['--init-pin', '--new-pin', PIN],
    )
  }

  addCertificate(certificatePem: string, { id, label }: TokenObject): void {
    const der = this.#file('object.der', new X509Certificate(certificatePem).raw)
    this.#pkcs11Tool(
      ...['--slot', '1', '--login', '--pin', PIN],
      ...['--write-object', der, '--type', 'cert', '--id', id, '--label', label],
    )
  }

  /** A private key and, as a token would make it, its public object. */
  addMlDsaKey(privateKeyPem: string, object: TokenObject): void {
    const key = createPrivateKey(privateKeyPem)
    const set = Number(key.asymmetricKeyType?.slice('ml-dsa-'.length))
    execFileSync(process.execPath, [join(import.meta.dirname, 'import-ml-dsa-key.ts')], {
      env: { ...process.env, ...this.env },
      input: JSON.stringify({
        ...object,
        module: this.path,
        pin: PIN,
        parameterSet: { 44: 1, 65: 2, 87: 3 }[set],
        pkcs8: key.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
        publicValue: key.export({ format: 'jwk' })['pub'],
      }),
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #file(name: string, content: string | Uint8Array): string {
    const path = join(this.#folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  #pkcs11Tool(...args: readonly string[]): void {
    const env = { ...process.env, ...this.env }
    execFileSync('pkcs11-tool', ['--module', this.path, ...args], { env, stdio: 'pipe' })
  }
}
