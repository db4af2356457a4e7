/**
 * `version`: the version of this package, alone on a line.
 *
 * @module
 */

import type { Invocation } from '../invocation.ts'
import { VERSION } from '../../core/version.ts'

export async function execute({ system }: Invocation<'version'>): Promise<void> {
  await system.writeResult(`${VERSION}\n`)
}
