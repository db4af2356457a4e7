/**
 * The certificate library together with the WebCrypto engine it computes with.
 *
 * One door for both, because the library resolves its parts through decorators: `reflect-metadata`
 * has to run before it is loaded, and an import order is a thing to write down once.
 *
 * @module
 */

import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { Crypto } from '@peculiar/webcrypto'

export { x509 }

/** The engine's own types extend those of a browser, which this project does not load. */
export const engine = new Crypto() as unknown as webcrypto.Crypto
