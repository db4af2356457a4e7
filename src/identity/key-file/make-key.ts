/**
 * A new key as the text of a file.
 *
 * @see RFC 5958 (PKCS#8); RFC 8018 (PBES2), with AES-256-CBC and PBKDF2
 * @module
 */

import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { shapeOf, type KeyKind } from '../key-kind.ts'

/** @param password encrypts the key; without one it is protected by the mode of its file alone. */
export async function makeKeyPem(kind: KeyKind, password: string | undefined): Promise<string> {
  const key = await newKey(kind)
  const form = { format: 'pem', type: 'pkcs8' } as const
  const text =
    password === undefined
      ? key.export(form)
      : key.export({ ...form, cipher: 'aes-256-cbc', passphrase: password })
  return text.toString()
}

async function newKey(kind: KeyKind): Promise<KeyObject> {
  const make = promisify(generateKeyPair)
  const shape = shapeOf(kind)
  switch (shape.type) {
    case 'rsa':
      return (await make('rsa', { modulusLength: shape.bits })).privateKey
    case 'ec':
      return (await make('ec', { namedCurve: shape.curve })).privateKey
    default:
      return (await make(shape.type, {})).privateKey
  }
}
