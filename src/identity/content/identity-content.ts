/**
 * Certificates and private keys out of the content of one setting, whichever form it has: PEM, DER,
 * PKCS#12 or a TPM key file.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { TpmLocation } from '../../core/key-location.ts'
import type { Reporter } from '../../core/ports.ts'
import { says, setting } from '../../core/wording.ts'
import type { PasswordOptions, TpmOptions } from '../identity-options.ts'
import type { KeyCandidate, OpenedKey } from '../key-candidate.ts'
import type { TpmAccess } from '../tpm/open-tpm-key.ts'
import { parseCertificates } from '../certificate/parse-certificates.ts'
import { checkKey, warnIfWeak } from '../key-file/check-key.ts'
import { DER_LABEL, decodeBlocks } from '../encoding/decode-blocks.ts'
import { FileSigner } from '../key-file/file-signer.ts'
import type { PemBlock } from '../encoding/pem.ts'
import type { Pkcs12Contents } from '../key-file/pkcs12/open-pkcs12.ts'
import { looksLikePkcs12 } from '../key-file/pkcs12/recognise-pkcs12.ts'
import { openKeyBlock, selectKeyBlocks } from '../key-file/private-key.ts'
import { checkPermissions } from '../../machine/read-file.ts'
import type { SettingContent } from './read-content.ts'
import { askedPassword, rememberedPassword, type Password } from '../secret/remembered-password.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'

export interface ContentPorts {
  readonly reporter: Reporter
  readonly secrets: SecretPorts
}

/** Opens contents; a PKCS#12 file that holds both certificate and key is opened once. */
export class IdentityContents {
  readonly #options: PasswordOptions & TpmOptions
  readonly #reporter: Reporter
  readonly #signal: AbortSignal | undefined
  readonly #password: Password | undefined
  readonly #tpmPassword: Password | undefined
  /** For files that turn out to be encrypted although no password was named. */
  readonly #asked: Password
  readonly #opened = new Map<SettingContent, Promise<Pkcs12Contents>>()

  constructor(options: PasswordOptions & TpmOptions, { reporter, secrets }: ContentPorts) {
    const { keyPassword, tpmKeyPassword, strictPermissions } = options
    this.#options = options
    this.#reporter = reporter
    this.#signal = secrets.signal
    this.#password = rememberedPassword(keyPassword, secrets, { strictPermissions })
    this.#asked = askedPassword(secrets)
    // The password of key files is that of TPM keys too.
    this.#tpmPassword =
      rememberedPassword(tpmKeyPassword, secrets, { strictPermissions }) ?? this.#password
  }

  /**
   * Every certificate, in the content's order.
   *
   * @throws {RolesAnywhereError} ERR_CONFIG_PEM_INVALID, ERR_CONFIG_CERTIFICATE_*, and for PKCS#12
   *   codes of the key family.
   */
  async certificatesIn(content: SettingContent): Promise<readonly X509Certificate[]> {
    const blocks = decodeBlocks(content)
    const pkcs12 = pkcs12Block(blocks)
    if (pkcs12 === undefined) return parseCertificates(blocks, content.name)
    const { certificates } = await this.#openPkcs12(content, pkcs12)
    if (certificates.length > 0) return certificates
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_MISSING',
      `no certificate in "${content.name}" (it holds only private keys)`,
      {
        hint: says`give the certificate with ${setting('certificate')} and this file with ${setting('privateKey')}`,
      },
    )
  }

  /**
   * Every private key, in the content's order; not opened yet, but for those in PKCS#12.
   *
   * @throws {RolesAnywhereError} ERR_CONFIG_PEM_INVALID, ERR_CONFIG_FILE_PERMISSIONS and codes of the
   *   key family.
   */
  async keysIn(content: SettingContent): Promise<readonly KeyCandidate[]> {
    const blocks = decodeBlocks(content)
    const keys = await this.#keysIn(content, blocks)
    if (content.file !== undefined) {
      const { strictPermissions } = this.#options
      checkPermissions(content.file, 'private key', { reporter: this.#reporter, strictPermissions })
    }
    return keys
  }

  /** The key that lives in a TPM, which is asked only when it is opened. */
  tpmKey({ handle }: TpmLocation, name: string): KeyCandidate {
    return {
      open: async () => {
        const { openTpmHandle } = await import('../tpm/open-tpm-key.ts')
        return openTpmHandle(handle, this.#tpmAccess(name))
      },
    }
  }

  async #keysIn(
    content: SettingContent,
    blocks: readonly PemBlock[],
  ): Promise<readonly KeyCandidate[]> {
    const { name } = content
    const pkcs12 = pkcs12Block(blocks)
    if (pkcs12 !== undefined) {
      const { privateKeys } = await this.#openPkcs12(content, pkcs12)
      if (privateKeys.length === 0) throw keyMissing(name)
      return privateKeys.map((key) => ({ open: () => Promise.resolve(this.#use(key, name)) }))
    }
    const tpmKeys = blocks.filter(({ label }) => label === TPM_KEY_LABEL)
    if (tpmKeys.length > 0) {
      return tpmKeys.map(({ bytes }) => ({
        open: async () => {
          const { openTpmKeyFile } = await import('../tpm/open-tpm-key.ts')
          return openTpmKeyFile(bytes, name, this.#tpmAccess(name), this.#reporter)
        },
      }))
    }
    const password = this.#password ?? this.#asked
    const source = { name, password: async () => password(name) }
    return selectKeyBlocks(blocks, name).map((block) => ({
      open: async () => this.#use(await openKeyBlock(block, source), name),
    }))
  }

  #tpmAccess(name: string): TpmAccess {
    const { tpmDevice, noTpmKeyPassword } = this.#options
    const password = this.#tpmPassword
    return {
      device: tpmDevice,
      password: password === undefined ? undefined : () => password(name),
      noPassword: noTpmKeyPassword,
      signal: this.#signal,
    }
  }

  #use(privateKey: KeyObject, name: string): OpenedKey {
    const publicKey = checkKey(privateKey, name)
    warnIfWeak(publicKey, name, this.#reporter)
    return { publicKey, signer: new FileSigner(privateKey) }
  }

  #openPkcs12(content: SettingContent, block: PemBlock): Promise<Pkcs12Contents> {
    const open = async (): Promise<Pkcs12Contents> => {
      const { name } = content
      const { openPkcs12 } = await import('../key-file/pkcs12/open-pkcs12.ts')
      const reporter = this.#reporter
      const given = await this.#password?.(name)
      try {
        return await openPkcs12(block.bytes, { file: name, password: given, reporter })
      } catch (error) {
        if (!isPasswordRequired(error)) throw error
        // What was to be warned of has been said.
        const password = await this.#asked(name)
        return openPkcs12(block.bytes, { file: name, password, reporter: SILENT })
      }
    }
    const opened = this.#opened.get(content) ?? open()
    this.#opened.set(content, opened)
    return opened
  }
}

const SILENT: Reporter = { warn: () => undefined, debug: () => undefined }

function isPasswordRequired(error: unknown): boolean {
  return error instanceof RolesAnywhereError && error.code === 'ERR_KEY_PASSWORD_REQUIRED'
}

function pkcs12Block(blocks: readonly PemBlock[]): PemBlock | undefined {
  return blocks.find(
    ({ label, bytes }) => label === PKCS12_LABEL || (label === DER_LABEL && looksLikePkcs12(bytes)),
  )
}

function keyMissing(name: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_MISSING',
    `no private key in "${name}" (it holds only certificates)`,
    { hint: says`give the file of the private key with ${setting('privateKey')}` },
  )
}

const TPM_KEY_LABEL = 'TSS2 PRIVATE KEY'
/** GnuTLS writes PKCS#12 as PEM too. */
const PKCS12_LABEL = 'PKCS12'
