import fc from 'fast-check'
import { expect, it } from 'vitest'
import { setProfileKeys } from '../../src/outputs/credentials-file/edit-profile.ts'
import { parseAwsConfigFile } from '../../src/settings/aws-config-file.ts'
import { valuesOf } from '../support/aws-values.ts'

const KEYS = { aws_access_key_id: 'ASIAX', aws_secret_access_key: 's/=+', aws_session_token: 't' }

/** Lines that matter to a parser, in any order, with any line end. */
const line = fc.oneof(
  fc.constantFrom(
    '[demo]',
    '[ demo ] ; x',
    '[profile demo]',
    '[other]',
    '[open',
    '',
    '   ',
    '# note',
    '; note',
    'aws_access_key_id = OLD',
    'AWS_SECRET_ACCESS_KEY=OLD # c',
    'aws_session_token =',
    ' continued',
    '  sub = 1',
    '= x',
    'x',
    'region = eu',
    '\uFEFF[demo]',
    '[demo',
    'a = b ; c',
  ),
  fc.string({ maxLength: 20 }).filter((text) => !/[\r\n]/.test(text)),
)
const file = fc
  .tuple(fc.array(line, { maxLength: 25 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, eol, ends]) => lines.join(eol) + (ends ? eol : ''))

const set = (text: string): string =>
  Buffer.from(setProfileKeys(Buffer.from(text), 'demo', KEYS)).toString()

it('a second write changes nothing', () => {
  fc.assert(
    fc.property(file, (text) => {
      const once = set(text)
      expect(set(once)).toBe(once)
    }),
    { numRuns: 3000 },
  )
})

it('what parsed before parses after, with the same other profiles and the new keys', () => {
  fc.assert(
    fc.property(file, (text) => {
      let before
      try {
        before = parseAwsConfigFile(text, 'credentials', 'x')
      } catch {
        return
      }
      const after = parseAwsConfigFile(set(text), 'credentials', 'x')
      expect(valuesOf(after.profile.get('demo'))).toMatchObject(KEYS)
      for (const [name, properties] of before.profile) {
        if (name === 'demo') continue
        expect(valuesOf(after.profile.get(name))).toEqual(valuesOf(properties))
      }
    }),
    { numRuns: 3000 },
  )
})

it('every line that holds none of the three keys is still there, byte for byte and in order', () => {
  fc.assert(
    fc.property(file, (text) => {
      const result = set(text).split('\n')
      let at = 0
      for (const kept of text.split('\n')) {
        // A value's own continuation lines go with it; an unended last line may get an end.
        if (/^[ \t]|aws_/i.test(kept) || kept === '') continue
        const found = result.findIndex(
          (other, index) => index >= at && (other === kept || other === `${kept}\r`),
        )
        expect(found).toBeGreaterThanOrEqual(0)
        at = found + 1
      }
    }),
    { numRuns: 3000 },
  )
})
