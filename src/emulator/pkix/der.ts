/**
 * One DER value as a tree, for the extensions whose finer points a schema would smooth over: which
 * choice of a GeneralName was taken, the exact octets of an address, how a date was written.
 *
 * @see ITU-T X.690
 * @module
 */

import { Constructed, fromBER, type BaseBlock } from 'asn1js'

export interface DerNode {
  /** 1 universal, 2 application, 3 context-specific, 4 private. */
  readonly tagClass: number
  readonly tag: number
  /** Empty for a primitive value. */
  readonly children: readonly DerNode[]
  /** Without tag and length. */
  readonly content: Buffer
}

/** The tag class of `[0]`, `[1]` … inside a structure. */
export const CONTEXT = 3

/** Universal tags that are asked for by number. */
export const TAGS = { sequence: 16, utcTime: 23, generalizedTime: 24 } as const

/** @throws {Error} When the bytes are not exactly one value. */
export function readDer(bytes: Uint8Array): DerNode {
  const { offset, result } = fromBER(Uint8Array.from(bytes).buffer)
  if (offset !== bytes.length) throw new Error('not exactly one DER value')
  return toNode(result)
}

/** @throws {Error} When the value is no SEQUENCE. */
export function readSequence(bytes: Uint8Array): readonly DerNode[] {
  const node = readDer(bytes)
  if (node.tagClass !== 1 || node.tag !== TAGS.sequence) throw new Error('not a SEQUENCE')
  return node.children
}

export function isContext(node: DerNode | undefined, tag: number): node is DerNode {
  return node?.tagClass === CONTEXT && node.tag === tag
}

function toNode(block: BaseBlock): DerNode {
  return {
    tagClass: block.idBlock.tagClass,
    tag: block.idBlock.tagNumber,
    // What a primitive value calls its value is not made of blocks.
    children: block instanceof Constructed ? block.valueBlock.value.map(toNode) : [],
    content: Buffer.from(
      block.valueBeforeDecodeView.subarray(block.idBlock.blockLength + block.lenBlock.blockLength),
    ),
  }
}
