/**
 * Many processes take over one lock from dead holders at once: never two may have it.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const TAKER = join(import.meta.dirname, 'lock-taker.ts')

it('is never held by two, though each of its holders dies with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-lock-'))
  try {
    const takers = Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, [TAKER, join(folder, 'lock'), '100'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let printed = ''
      child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
      await once(child, 'close')
      return printed
    })
    expect(await Promise.all(takers)).toEqual(['0\n', '0\n', '0\n', '0\n'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
