/**
 * CK_ULONG as pkcs11js hands it over: slot ids, object handles and numeric attributes as bytes.
 *
 * It has the size of a C long, 8 bytes and on Windows 4, and is told as decimal text, since 64 bits do not
 * fit into a number of JavaScript.
 *
 * @module
 */

export function decimalOf(bytes: Buffer): string {
  return bytes.length === 8
    ? bytes.readBigUInt64LE().toString()
    : bytes.readUIntLE(0, bytes.length).toString()
}

export function bytesOf(decimal: string): Buffer {
  const bytes = Buffer.alloc(process.platform === 'win32' ? 4 : 8)
  if (bytes.length === 8) bytes.writeBigUInt64LE(BigInt(decimal))
  else bytes.writeUInt32LE(Number(decimal))
  return bytes
}
