/**
 * A lock between real processes: many take it over from dead holders at once, and never two may have it;
 * one that has it can let go of it whatever the disk says.
 *
 * @module
 */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'

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

it.skipIf(!hasProgram('prlimit'))('is let go of when nothing can be written any more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-lock-'))
  try {
    const script = join(import.meta.dirname, 'lock-without-room.ts')
    expect(execFileSync(process.execPath, [script, join(folder, 'lock')]).toString()).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
