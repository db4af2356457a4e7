/**
 * Makes dist/: the command line and the library as bundled ES modules, and the library's types.
 *
 * Bundling is what makes the cold start fast (one file instead of some hundred) and lets the package
 * be installed without runtime dependencies; the licences of what is bundled go along.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')

export async function build(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: root,
    input: {
      cli: 'src/cli/main.ts',
      index: 'src/index.ts',
      // A program of its own: module-host.ts starts it.
      'pkcs11-host': 'src/identity/pkcs11/host-process.ts',
    },
    platform: 'node',
    transform: { define: { __VERSION__: JSON.stringify(version) }, target: 'node24' },
    external: ['pkcs11js', 'koffi'],
    logLevel: 'warn',
  })
  const { output } = await bundle.write({
    dir: 'dist',
    format: 'esm',
    minify: 'dce-only',
    chunkFileNames: 'chunks/[name]-[hash].js',
  })
  await bundle.close()
  writeNotices(
    output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : [])),
  )
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    { cwd: root, stdio: 'inherit' },
  )
}

/** The licence texts of every package that ended up in the bundle, as their licences ask. */
function writeNotices(modulePaths: readonly string[]): void {
  const folders = new Set<string>()
  for (const path of modulePaths) {
    const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)
    if (match?.[1] !== undefined) folders.add(match[1])
  }
  const notices = [...folders].sort().map((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name: string
      version: string
      license: string
    }
    const heading = `${manifest.name} ${manifest.version} (${manifest.license})`
    return `${heading}\n${'-'.repeat(heading.length)}\n${licenceText(folder)}\n`
  })
  writeFileSync(join(root, 'dist', 'THIRD-PARTY-LICENSES.txt'), notices.join('\n'))
}

function licenceText(folder: string): string {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT', 'license']) {
    try {
      return readFileSync(join(folder, name), 'utf8').trim()
    } catch {
      continue
    }
  }
  throw new Error(`${dirname(folder)}: a bundled package without a licence file: ${folder}`)
}

if (process.argv[1] === import.meta.filename) await build()
