/**
 * `TSS2 PRIVATE KEY` files: keys made in a software TPM and written by tpm2_encodeobject, and the
 * optional parts that it never writes put in by hand.
 *
 * @see draft-bottomley-tpm2-keys-00 section 3.1 (TPMKey); TPM 2.0 part 2 section 11.1.15 (sealed data)
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Constructed, Integer, OctetString, Utf8String, type AsnType } from 'asn1js'
import { SIGNING_KEY_ATTRIBUTES, STORAGE_KEY_ATTRIBUTES, type SoftwareTpm } from '../swtpm.ts'
import { derElements, derSequence } from './der.ts'

/** What tpm2_create is told for each kind of object. */
const KINDS = {
  rsa: ['-G', 'rsa2048', '-a', SIGNING_KEY_ATTRIBUTES],
  ec: ['-G', 'ecc256', '-a', SIGNING_KEY_ATTRIBUTES],
  hmac: ['-G', 'hmac', '-a', SIGNING_KEY_ATTRIBUTES],
  // Without an algorithm: data from a file, which cannot have been made inside.
  sealed: ['-i', 'secret', '-a', 'fixedtpm|fixedparent|userwithauth'],
} as const

export type Tss2Kind = keyof typeof KINDS

/** The files of all kinds, in DER, as tpm2_encodeobject writes them. */
export async function makeTss2Keys(tpm: SoftwareTpm): Promise<Readonly<Record<Tss2Kind, Buffer>>> {
  // swtpm has no resource manager: what tpm2-tools leave behind fills it.
  const flush = async (): Promise<void> => {
    for (const contexts of ['-t', '-l', '-s']) await tpm.run('tpm2_flushcontext', contexts)
  }
  const parent = ['-C', 'primary.ctx']
  const storage = ['-G', 'ecc256:null:aes128cfb', '-a', STORAGE_KEY_ATTRIBUTES]
  await tpm.run(
    'tpm2_createprimary',
    '-Q',
    '-C',
    'o',
    '-g',
    'sha256',
    ...storage,
    '-c',
    'primary.ctx',
  )
  await tpm.run('tpm2_getrandom', '-o', 'secret', '32')
  const made: Partial<Record<Tss2Kind, Buffer>> = {}
  for (const kind of Object.keys(KINDS) as Tss2Kind[]) {
    const parts = ['-u', `${kind}.pub`, '-r', `${kind}.priv`]
    await flush()
    await tpm.run('tpm2_create', '-Q', ...parent, ...KINDS[kind], ...parts)
    await flush()
    // Of version 5.4, which has the flag the wrong way round: -p says that there is no password.
    await tpm.run('tpm2_encodeobject', ...parent, '-p', ...parts, '-o', `${kind}.tss2`)
    const pem = readFileSync(join(tpm.folder, `${kind}.tss2`), 'utf8')
    made[kind] = Buffer.from(pem.replaceAll(/-----.*/gu, ''), 'base64')
  }
  return made as Record<Tss2Kind, Buffer>
}

/** `[number] EXPLICIT` */
function tagged(number: number, value: AsnType): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber: number }, value: [value] })
}

/** TPMPolicy { [0] CommandCode, [1] CommandPolicy }: TPM2_PolicyAuthValue, which says nothing more. */
const POLICY = derSequence(
  derSequence(
    tagged(0, new Integer({ value: 0x16b })),
    tagged(1, new OctetString({ valueHex: new ArrayBuffer(0) })),
  ),
)

/** The optional parts by their tag. Each goes behind what the file has, before the last three. */
const PARTS = {
  policy: tagged(1, POLICY),
  secret: tagged(2, new OctetString({ valueHex: Buffer.alloc(32, 1) })),
  // TPMAuthPolicy { [0] name, [1] policies }
  'other policies': tagged(
    3,
    derSequence(derSequence(tagged(0, new Utf8String({ value: 'x' })), tagged(1, POLICY))),
  ),
  description: tagged(4, new Utf8String({ value: 'a key of ours' })),
} as const

/** The file with an optional part more. */
export function withPart(der: Buffer, part: keyof typeof PARTS): Buffer {
  const elements = derElements(der)
  const whole = derSequence(...elements.slice(0, -3), PARTS[part], ...elements.slice(-3))
  return Buffer.from(whole.toBER())
}

/** The file under another parent. */
export function withParent(der: Buffer, parent: bigint): Buffer {
  const elements = derElements(der)
  const other = Integer.fromBigInt(parent)
  return Buffer.from(derSequence(...elements.slice(0, -3), other, ...elements.slice(-2)).toBER())
}

/** The file without `[0] emptyAuth`: the key has a password. */
export function withoutEmptyAuth(der: Buffer): Buffer {
  const isEmptyAuth = ({ idBlock }: AsnType): boolean =>
    idBlock.tagClass === 3 && idBlock.tagNumber === 0
  return Buffer.from(derSequence(...derElements(der).filter((one) => !isEmptyAuth(one))).toBER())
}

/** The file with a TRUE of 255, as DER wants it: tpm2_encodeobject writes 1. */
export function withTrueOf255(der: Buffer): Buffer {
  const at = der.indexOf(Buffer.from('a003010101', 'hex'))
  if (at < 0) throw new Error('emptyAuth is not there')
  const changed = Buffer.from(der)
  changed.writeUInt8(255, at + 4)
  return changed
}
