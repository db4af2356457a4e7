/**
 * Builds the executable once, since the `cli`, `interop` and `package` tests run what is published.
 *
 * @module
 */

import { build } from '../../scripts/build.ts'

export async function setup(): Promise<void> {
  if (process.env['ROLESANYWHERE_TEST_NO_BUILD'] === undefined) await build()
}
