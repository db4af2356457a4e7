/**
 * What a start loads: the budget of a cache hit leaves no room for cryptography or the network.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
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
