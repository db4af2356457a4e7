/**
 * The executable's program: the same chunks as in the npm package, each an asset that is compiled when it is
 * needed.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import { bundleOptions, codeSplitting } from '../../scripts/build.ts'

const here = import.meta.dirname

export interface Program {
  /** File names of the chunks, in the folder; `launcher.cjs` comes first. */
  readonly chunks: readonly string[]
  /** Paths of the modules that went into them. */
  readonly modules: readonly string[]
}

/** Writes the chunks into a folder, each as the function that loader.cjs calls. */
export async function writeProgram(folder: string): Promise<Program> {
  const options = bundleOptions()
  await using made = await rolldown({
    ...options,
    input: { launcher: join(here, 'launcher.js') },
    plugins: [options.plugins, carriedAddons],
    // package.json says that importing a file does nothing; of this one it is all that is wanted.
    treeshake: { moduleSideEffects: [{ test: /\/host-process\.ts$/, sideEffects: true }] },
  })
  const { output } = await made.generate({
    format: 'cjs',
    // Inside an executable there is only require.
    dynamicImportInCjs: false,
    minify: 'dce-only',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    codeSplitting: codeSplitting(),
  })
  const chunks = output.filter((part) => part.type === 'chunk')
  for (const { fileName, code } of chunks) {
    writeFileSync(
      join(folder, fileName),
      `(function (exports, require, module, __filename) {${code}\n})`,
    )
  }
  return {
    chunks: chunks.map(({ fileName }) => fileName),
    modules: chunks.flatMap(({ modules }) => Object.keys(modules)),
  }
}

/** What the addons' packages would look for in node_modules/ comes out of the executable itself. */
const carriedAddons: Plugin = {
  name: 'carried-addons',
  resolveId: {
    filter: { id: /^koffi$|\/pkcs11\.node$/ },
    handler: (id) => `\0${id === 'koffi' ? 'koffi' : 'pkcs11'}.node`,
  },
  load: {
    filter: { id: /^\0(?:koffi|pkcs11)\.node$/ },
    handler: (id) => ({
      moduleType: 'js',
      code: `
        import { loadAddon } from ${JSON.stringify(join(here, 'native-addon.ts'))}
        const addon = loadAddon(${JSON.stringify(id.slice(1))})
        export { addon as default, addon as 'module.exports' }`,
    }),
  },
}
