/**
 * Certificates and private keys out of the content of one setting, whichever form it has: PEM, DER,
 * PKCS#12 or a TPM key file.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import type { KeyCandidate, OpenedKey } from '../key-candidate.ts'
import type { TpmAccess } from '../tpm/tpm-access.ts'
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
import type { RememberedPassword } from '../secret/remembered-password.ts'

export interface ContentOptions extends RememberedPassword {
  readonly tpm?: TpmAccess | undefined
  readonly reporter: Reporter
}

/** Reads contents; a PKCS#12 file that holds both certificate and key is opened once. */
export class IdentityContents {
  readonly #options: ContentOptions
  readonly #opened = new Map<SettingContent, Promise<Pkcs12Contents>>()

  constructor(options: ContentOptions) {
    this.#options = options
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
      { hint: 'give the certificate with --certificate and this file with --private-key' },
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
    if (content.file !== undefined) checkPermissions(content.file, 'private key', this.#options)
    return keys
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
          return openTpmKeyFile(bytes, name, this.#tpmAccess(name), this.#options.reporter)
        },
      }))
    }
    const source = { name, password: () => this.#options.password(name) }
    return selectKeyBlocks(blocks, name).map((block) => ({
      open: async () => this.#use(await openKeyBlock(block, source), name),
    }))
  }

  #tpmAccess(name: string): TpmAccess {
    const { tpm, hasPassword } = this.#options
    const ofFiles = hasPassword ? () => this.#options.password(name) : undefined
    return { ...tpm, password: tpm?.password ?? ofFiles }
  }

  #use(privateKey: KeyObject, name: string): OpenedKey {
    const publicKey = checkKey(privateKey, name)
    warnIfWeak(publicKey, name, this.#options.reporter)
    return { publicKey, signer: new FileSigner(privateKey) }
  }

  #openPkcs12(content: SettingContent, block: PemBlock): Promise<Pkcs12Contents> {
    const open = async (): Promise<Pkcs12Contents> => {
      const { name } = content
      const { hasPassword, reporter } = this.#options
      const { openPkcs12 } = await import('../key-file/pkcs12/open-pkcs12.ts')
      const password = hasPassword ? await this.#options.password(name) : undefined
      return openPkcs12(block.bytes, { file: name, password, reporter })
    }
    const opened = this.#opened.get(content) ?? open()
    this.#opened.set(content, opened)
    return opened
  }
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
    { hint: 'give the file of the private key with --private-key' },
  )
}

const TPM_KEY_LABEL = 'TSS2 PRIVATE KEY'
/** GnuTLS writes PKCS#12 as PEM too. */
const PKCS12_LABEL = 'PKCS12'
