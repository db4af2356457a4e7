import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RolesAnywhereError } from '../../../src/core/errors.ts'
import { MAX_AWS_FILE_BYTES, readAwsFile } from '../../../src/settings/read-aws-file.ts'
import { refusalOf } from '../../support/refusal.ts'

describe('reading a config file', () => {
  let folder: string
  const at = (name: string) => join(folder, name)

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-settings-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  it('yields its bytes, however many', () => {
    const text = '# comment\n'.repeat(30_000)
    writeFileSync(at('config'), text)
    expect(Buffer.from(readAwsFile(at('config'))!).toString()).toBe(text)
  })

  it('yields nothing for a file that is not there', () => {
    expect(readAwsFile(at('none'))).toBeUndefined()
    expect(readAwsFile(join(at('config'), 'below-a-file'))).toBeUndefined()
  })

  it('takes /dev/null for an empty file', () => {
    expect(readAwsFile('/dev/null')).toHaveLength(0)
  })

  it('does not wait for a pipe, and reads no folder', () => {
    execFileSync('mkfifo', [at('pipe')])
    for (const path of [at('pipe'), folder]) {
      expect(errorOf(path).code).toBe('ERR_CONFIG_FILE_NOT_REGULAR')
    }
  })

  it('stops at the limit, also in a device without end', () => {
    writeFileSync(at('large'), '')
    truncateSync(at('large'), MAX_AWS_FILE_BYTES)
    expect(readAwsFile(at('large'))).toHaveLength(MAX_AWS_FILE_BYTES)
    truncateSync(at('large'), MAX_AWS_FILE_BYTES + 1)
    for (const path of [at('large'), '/dev/zero']) {
      expect(errorOf(path).code).toBe('ERR_CONFIG_FILE_TOO_LARGE')
    }
  })

  it('says when it may not', () => {
    writeFileSync(at('secret'), '')
    chmodSync(at('secret'), 0)
    const error = withoutPrivileges(() => errorOf(at('secret')))
    expect(error.code).toBe('ERR_CONFIG_FILE_UNREADABLE')
    expect(error.message).toContain('permission denied')
  })

  it('says when reading breaks off', () => {
    expect(errorOf('/proc/self/mem').message).toMatch(
      /^cannot read "\/proc\/self\/mem" \(AWS_CONFIG_FILE or \S+\): the device reports an input\/output error$/u,
    )
  })

  it('says when the name is none', () => {
    const error = errorOf(`${folder}/${'x'.repeat(300)}`)
    expect(error.code).toBe('ERR_CONFIG_FILE_UNREADABLE')
    expect(error.message).toContain('the name is too long')
  })
})

/** As nobody, where the tests run as root, whom no mode stops. */
function withoutPrivileges<T>(action: () => T): T {
  const user = process.geteuid?.()
  if (user !== 0) return action()
  process.seteuid?.(65_534)
  try {
    return action()
  } finally {
    process.seteuid?.(user)
  }
}

function errorOf(path: string): RolesAnywhereError {
  return refusalOf(() => readAwsFile(path))
}
