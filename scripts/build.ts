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
import { rolldown, type Plugin } from 'rolldown'

const root = join(import.meta.dirname, '..')

export async function build(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: root,
    input: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
    platform: 'node',
    transform: {
      // esbuildDetection is undici's own switch: it leaves out a second copy of its HTTP parser.
      define: { __VERSION__: JSON.stringify(version), esbuildDetection: '1' },
      target: 'node24',
    },
    plugins: [withoutUnusedUndici],
    external: ['pkcs11js', 'koffi'],
    logLevel: 'warn',
  })
  const { output } = await bundle.write({
    dir: 'dist',
    format: 'esm',
    minify: 'dce-only',
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: {
      // What every run needs is one file: each further one costs about a millisecond.
      groups: [
        {
          name: 'start',
          test: /src\/(?:cli\/(?:main|system|reporter|parse|commands\.ts|version)|settings\/(?!describe)|core\/(?:errors|endpoint|arn|printable|create-session-request|amz-date|certificate-headers|credentials)|cli\/(?:obtain|cache-folder)|session\/cache\/cache-entry|outputs\/credential-process|cli\/commands\/credential-process)/,
        },
      ],
    },
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

/** undici speaks HTTP/1.1 with bytes here: fetch and HTTP/2 would only make the start slower. */
const withoutUnusedUndici: Plugin = {
  name: 'without-unused-undici',
  load: {
    filter: { id: /undici\/lib\/(?:web\/|dispatcher\/client-h2\.js$)/ },
    handler: () => ({ code: 'module.exports = {}' }),
  },
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
