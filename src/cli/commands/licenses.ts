/**
 * `licenses`: the licences of this program and of everything that is inside it.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { getAsset, isSea } from 'node:sea'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Invocation } from '../invocation.ts'

export async function execute({ system }: Invocation<'licenses'>): Promise<void> {
  await system.writeResult(isSea() ? getAsset('licences.txt', 'utf8') : installedLicences())
}

/** Of the npm package: its own licence, and the file that the build put beside the bundle. */
function installedLicences(): string {
  // Bundled, this code is in dist/ or in dist/chunks/.
  for (const top of ['../', '../../']) {
    try {
      return ['LICENSE', 'dist/THIRD-PARTY-LICENSES.txt']
        .map((name) => readFileSync(new URL(`${top}${name}`, import.meta.url), 'utf8'))
        .join('\n')
    } catch {
      continue
    }
  }
  throw new RolesAnywhereError('ERR_INTERNAL', 'the file with the licences is missing', {
    hint: 'install rolesanywhere again',
  })
}
