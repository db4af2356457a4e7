// The package's entry for programs. Plain JavaScript that any Node with modules can parse, so that an old
// one gets a sentence and not a SyntaxError of the bundle. Without a top-level await, so that `require`
// takes it too; bundlers are led past it by the condition "module" in package.json.
import { createRequire } from 'node:module'

if (Number.parseInt(process.versions.node, 10) < 24) {
  throw new Error(
    `rolesanywhere needs Node.js 24 or newer, and is running on ${process.versions.node}`,
  )
}

const library = createRequire(import.meta.url)('../dist/index.js')

export const fromRolesAnywhere = library.fromRolesAnywhere
export const RolesAnywhereError = library.RolesAnywhereError
