/**
 * Programs of PyPI that `npm run test:all` fetches into an environment of its own: cfn-lint, python-hcl2.
 *
 * @module
 */

import { join } from 'node:path'

/** Its Python; undefined where nothing was fetched. */
export const PYPI_PYTHON: string | undefined = toolNamed('python')

export const CFN_LINT: string | undefined = toolNamed('cfn-lint')

function toolNamed(name: string): string | undefined {
  const folder = process.env['ROLESANYWHERE_PYPI_TOOLS'] ?? ''
  return folder === '' ? undefined : join(folder, 'bin', name)
}

/** In the names of tests that cannot run without, and that may be skipped where PyPI is out of reach. */
export const FROM_PYPI = '[PyPI]'
