/**
 * Makes dist/: the command line and the library as bundled ES modules, and the library's types.
 *
 * Bundling is what makes the cold start fast (one file instead of some hundred) and lets the package
 * be installed without runtime dependencies; the licences of what is bundled go along.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown, type InputOptions, type OutputOptions, type Plugin } from 'rolldown'
import { COMPLETION_SCRIPTS } from '../src/cli/completion/scripts.ts'
import { writeManualPages } from './man.ts'
import { bundledPackages, noticesOf } from './notices.ts'
import { billOfMaterials } from './sbom.ts'

const root = join(import.meta.dirname, '..')

export async function build(): Promise<void> {
  mkdirSync(join(root, 'dist'), { recursive: true })
  // Executables and packages take long to make, and are no part of what is made here.
  const old = readdirSync(join(root, 'dist')).filter(
    (name) => !/^(?:rolesanywhere|native)[-_]/.test(name),
  )
  for (const name of old) rmSync(join(root, 'dist', name), { recursive: true })
  // CommonJS, because importing a built-in module of Node as an ES module runs all of its lazy getters:
  // `import 'node:fs'` alone costs a sixth of an empty start, `require('node:fs')` costs nothing.
  const cli = await bundle(
    // The second is a program of its own: identity/pkcs11/module/host-channel.ts starts it.
    { cli: 'src/cli/main.ts', 'pkcs11-host': 'src/identity/pkcs11/host/host-process.ts' },
    'cjs',
  )
  const sessionModules = NEEDED_FOR_EVERY_SESSION.flatMap(({ modules }) => modules)
  for (const name of [...NEEDED_AT_EVERY_START, ...sessionModules]) {
    checkBundled(name, cli)
  }
  const library = await bundle({ index: 'src/index.ts' }, 'esm')
  const packages = bundledPackages([...cli, ...library])
  writeFileSync(join(root, 'dist', 'THIRD-PARTY-LICENSES.txt'), noticesOf(packages))
  const subject = { name: 'rolesanywhere', version: packageVersion(), type: 'library' } as const
  writeFileSync(join(root, 'dist', 'sbom.cdx.json'), billOfMaterials(subject, packages))
  writeManualPages(join(root, 'dist', 'man'))
  writeCompletionScripts(join(root, 'dist', 'completions'))
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    { cwd: root, stdio: 'inherit' },
  )
}

/** As packages install them; `rolesanywhere completion SHELL` prints the same. */
function writeCompletionScripts(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [shell, script] of Object.entries(COMPLETION_SCRIPTS)) {
    writeFileSync(join(folder, `rolesanywhere.${shell}`), script)
  }
}

/** How every bundle is made, that of the executable too. */
export function bundleOptions(): InputOptions {
  return {
    cwd: root,
    platform: 'node',
    transform: {
      // esbuildDetection is undici's own switch: it leaves out a second copy of its HTTP parser.
      define: { __VERSION__: JSON.stringify(packageVersion()), esbuildDetection: '1' },
      target: 'node24',
    },
    plugins: [withoutUnusedUndici, withoutUnusedBuiltins],
    logLevel: 'warn',
  }
}

/** Which parts are loaded together. */
export function codeSplitting(): NonNullable<Exclude<OutputOptions['codeSplitting'], boolean>> {
  return {
    groups: [
      { name: 'start', test: oneOf(NEEDED_AT_EVERY_START), priority: 2 },
      ...NEEDED_FOR_EVERY_SESSION.map(({ name, modules }, index) => ({
        name,
        test: oneOf(modules),
        priority: 1 - index / 10,
      })),
    ],
  }
}

/** Writes one bundle to dist/; returns the modules that went into it. */
async function bundle(input: Record<string, string>, format: 'cjs' | 'esm'): Promise<string[]> {
  const extension = format === 'cjs' ? 'cjs' : 'js'
  await using made = await rolldown({ ...bundleOptions(), input, external: ['pkcs11js', 'koffi'] })
  const { output } = await made.write({
    dir: 'dist',
    format,
    // Names stay, for the sake of stack traces; to read blanks and comments at every start does not.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `chunks/[name]-[hash].${extension}`,
    codeSplitting: codeSplitting(),
  })
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []))
}

/**
 * A name in one of the lists below that matches no module puts nothing where it belongs, and nobody would
 * notice but the one who measures.
 */
function checkBundled(name: string, modules: readonly string[]): void {
  if (modules.some((path) => path.endsWith(name))) return
  throw new Error(`scripts/build.ts lists ${name}, and no bundled module has that name`)
}

/** The version in package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

/** Whether a module is one of those named; what they import goes along. */
function oneOf(names: readonly string[]): (path: string) => boolean {
  return (path) => names.some((name) => path.endsWith(name))
}

/** What even a run that the cache answers needs: one file, since each further one costs about 1 ms. */
const NEEDED_AT_EVERY_START = [
  // What rolldown itself adds.
  'rolldown/runtime.js',
  '/src/cli/private-folders.ts',
  '/src/cli/commands.ts',
  '/src/cli/commands/credential-process.ts',
  '/src/cli/obtain-credentials.ts',
  '/src/cli/program.ts',
  '/src/cli/reporter.ts',
  '/src/cli/system.ts',
  '/src/core/version.ts',
  '/src/core/credentials.ts',
  '/src/core/create-session-request.ts',
  '/src/outputs/credential-process.ts',
  '/src/session/cache/cache-entry.ts',
  '/src/settings/read-aws-file.ts',
  '/src/settings/resolve-settings.ts',
  '/src/settings/setting-row.ts',
  '/src/settings/settings-table.ts',
]

/**
 * What is needed besides when the cache has no answer and the key is in a file, in the order in which it
 * is. In pieces of some milliseconds: between them the event loop attends to the connection.
 */
const NEEDED_FOR_EVERY_SESSION = [
  { name: 'connect', modules: ['/src/cli/fetch-credentials.ts'] },
  { name: 'secure', modules: ['/src/transport/secure.ts', '/src/transport/trust.ts'] },
  { name: 'identity', modules: ['/src/identity/open-identity.ts'] },
  { name: 'session', modules: ['/src/session/create-session.ts'] },
  { name: 'exchange', modules: ['/src/transport/exchange.ts'] },
]

/** undici speaks HTTP/1.1 with bytes here: fetch and HTTP/2 would only make the start slower. */
const withoutUnusedUndici: Plugin = {
  name: 'without-unused-undici',
  load: {
    filter: { id: /undici\/lib\/(?:web\/|dispatcher\/client-h2\.js$)/ },
    handler: () => ({ code: 'module.exports = {}' }),
  },
}

/**
 * Modules of Node that a package loads at its start for a part of it that is not used here, and what it gets
 * instead.
 */
const UNUSED_BUILTINS = [
  // Commands that are programs of their own.
  { package: 'commander', builtin: 'node:child_process', instead: 'export default {}' },
  // A default that is given here, and messages of node:http as bodies.
  {
    package: 'undici',
    builtin: 'node:http',
    instead: 'module.exports = { maxHeaderSize: 16_384, IncomingMessage: class {} }',
  },
] as const

const withoutUnusedBuiltins: Plugin = {
  name: 'without-unused-builtins',
  resolveId: {
    filter: { id: /^node:/ },
    handler: (id, importer) => {
      const index = UNUSED_BUILTINS.findIndex(
        (one) => one.builtin === id && importer?.includes(`/node_modules/${one.package}/`) === true,
      )
      return index === -1 ? undefined : `\0unused:${index}`
    },
  },
  load: {
    filter: { id: /^\0unused:/ },
    handler: (id) => ({ code: UNUSED_BUILTINS[Number(id.split(':')[1])]?.instead ?? '' }),
  },
}

if (process.argv[1] === import.meta.filename) await build()
