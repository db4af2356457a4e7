import { describe, expect, it } from 'vitest'
import { flagFor } from '../../../src/settings/name-setting.ts'
import { createReporter, type LogFormat } from '../../../src/cli/reporter.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'

/** Escape and its 8-bit form, a line, NEL, the separators, right-to-left override, a mark, a tag. */
const HOSTILE = 'a\u001b[31mb\u009b31mc\nd\u0085e\u2028f\u2029g\u202eh\u200ei\u{e0041}j'

function written(format: LogFormat): string {
  let text = ''
  const reporter = createReporter({
    nameOf: flagFor,
    adviceOn: () => undefined,
    format,
    debug: true,
    clock: () => 0,
    write: (more) => (text += more),
  })
  const cause = new Error(HOSTILE)
  reporter.warn(HOSTILE, { hint: HOSTILE })
  reporter.debug('step', { field: HOSTILE })
  reporter.error(new RolesAnywhereError('ERR_KEY_MISSING', HOSTILE, { hint: HOSTILE, cause }))
  return text
}

describe('text of others', () => {
  it.each(['text', 'json'] as const)(
    'neither steers a terminal nor makes a line in %s',
    (format) => {
      const text = written(format)
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(text.trimEnd().split('\n')).toHaveLength(format === 'text' ? 6 : 4)
    },
  )

  it('is whole in JSON all the same', () => {
    const [warning] = written('json').split('\n')
    expect(JSON.parse(warning ?? '')).toMatchObject({ message: HOSTILE, hint: HOSTILE })
  })
})
