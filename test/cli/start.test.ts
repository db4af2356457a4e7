/**
 * What a start loads: the budget of a cache hit leaves no room for cryptography or the network.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ARN_FLAGS, openStage } from '../support/cli-stage.ts'
import { EXECUTABLE, ONE_FILE, runCli } from '../support/run-cli.ts'

// What Node loads can be listed only from inside, and nothing gets into the one-file executable.
it.skipIf(ONE_FILE !== undefined)(
  'loads neither node:crypto nor node:net for what needs no key',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'start-'))
    try {
      const listing = join(folder, 'listing.cjs')
      writeFileSync(
        listing,
        `process.on('exit', () => {
        const loaded = process.moduleLoadList.filter((name) => /^NativeModule (crypto|net|tls|fs)$/.test(name))
        process.stderr.write(loaded.join('\\n'))
      })`,
      )
      const { exitCode, stderr } = await runCli(['version'], {
        launcher: [process.execPath, '--require', listing, EXECUTABLE],
      })
      expect(exitCode).toBe(0)
      // fs shows that the list is what it is taken for.
      expect(stderr.split('\n')).toEqual(['NativeModule fs'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

it.skipIf(ONE_FILE !== undefined)(
  'loads nothing of the doctor for a session, unless AWS refuses it',
  async () => {
    await using stage = await openStage()
    const listing = stage.write(
      'listing.cjs',
      `process.on('exit', () => {
        const loaded = Object.keys(require.cache).filter((path) => /doctor|explain-refusal|checks/.test(path))
        process.stderr.write('loaded: ' + loaded.length + '\\n')
      })`,
    )
    const { flags } = await stage.issue('client')
    const loadedBy = async (faults: readonly string[]): Promise<string> => {
      const { url } = await stage.emulate({ faults })
      const args = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', url]
      const launcher = [process.execPath, '--require', listing, EXECUTABLE] as const
      return (await runCli(args, { launcher })).stderr
    }
    expect(await loadedBy([])).toBe('loaded: 0\n')
    expect(await loadedBy(['deny=something new'])).toMatch(/^loaded: [1-9]/mu)
  },
)
