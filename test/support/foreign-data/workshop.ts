/**
 * A folder where other people's programs make data for a test, each piece when it is first asked for.
 *
 * What is made here is foreign on purpose: a reader that is only tried on files of its own project
 * agrees with its own mistakes. Programs that Debian has are asked; what none of them writes is built
 * by hand, and the file that does so says why.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { hasPythonModule, hasProgram } from '../capabilities.ts'

/** Who wrote a piece of data. `specification` means by hand: no program here writes such a thing. */
export type Writer =
  | 'openssl'
  | 'OpenSSL in Node'
  | 'certtool'
  | 'botan'
  | 'keytool'
  | 'pk12util'
  | 'ssh-keygen'
  | 'python3-cryptography'
  | 'specification'

/** Whether the writer is here; a run that allows no skip fails where it is not. */
export function hasWriter(writer: Writer): boolean {
  switch (writer) {
    case 'specification':
    case 'OpenSSL in Node':
      return true
    case 'python3-cryptography':
      return hasPythonModule('cryptography')
    case 'pk12util':
      return hasProgram('openssl') && hasProgram('pk12util') && hasProgram('certutil')
    default:
      // Every other piece begins with a key or a certificate of openssl.
      return hasProgram('openssl') && hasProgram(writer)
  }
}

/** How one file is made. */
export interface Recipe {
  readonly name: string
  readonly writer: Writer
  /** Writes the file `out` into the workshop. */
  make(shop: Workshop, out: string): void
}

export interface RunOptions {
  /** Written to the program's standard input. */
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

export class Workshop implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'rolesanywhere-workshop-'))
  readonly #names = new Map<Recipe, string>()
  readonly #made = new Map<string, string>()

  path(name: string): string {
    return join(this.folder, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** @param name a file here, or a whole path. */
  read(name: string): Buffer {
    return readFileSync(resolve(this.folder, name))
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content, { mode: 0o600 })
    return this.path(name)
  }

  /** Runs a program in the folder; what it prints is the result. */
  run(program: string, args: readonly string[], { input, env }: RunOptions = {}): Buffer {
    return execFileSync(program, args, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  openssl(...args: readonly string[]): Buffer {
    return this.run('openssl', args)
  }

  /** Writes what OpenSSL 3 only knows with its legacy provider. */
  legacyOpenssl(...args: readonly string[]): Buffer {
    return this.openssl(...args, '-provider', 'legacy', '-provider', 'default')
  }

  /** The path of the file that a recipe makes. */
  fileOf(recipe: Recipe): string {
    let name = this.#names.get(recipe)
    if (name === undefined) {
      name = `file-${this.#names.size}`
      this.#names.set(recipe, name)
    }
    return this.once(name, () => {
      recipe.make(this, name)
    })
  }

  /** The path of `name`, which `make` writes when it is asked for the first time. */
  once(name: string, make: (name: string) => void): string {
    const known = this.#made.get(name)
    if (known !== undefined) return known
    make(name)
    this.#made.set(name, this.path(name))
    return this.path(name)
  }

  /** The folder of an NSS database without a password. */
  database(): string {
    return this.once('nss', (name) => {
      mkdirSync(this.path(name))
      this.run('certutil', ['-N', '-d', `sql:${this.path(name)}`, '--empty-password'])
    })
  }
}
