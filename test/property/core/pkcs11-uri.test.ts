import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { hideSecrets } from '../../../src/core/hide-secrets.ts'
import {
  describePkcs11Uri,
  formatPkcs11Uri,
  meantId,
  parsePkcs11Uri,
} from '../../../src/core/pkcs11-uri.ts'

describe('PKCS#11 URIs', () => {
  it('what is written is read back, without a warning', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/\p{Cc}/u.test(value))
    fc.assert(
      fc.property(text, text, fc.uint8Array(), (token, object, id) => {
        const uri = parsePkcs11Uri(formatPkcs11Uri({ token, object, id, type: 'cert' }))
        expect(uri.path.get('token')?.toString('utf8')).toBe(token)
        expect(uri.path.get('object')?.toString('utf8')).toBe(object)
        expect(uri.path.get('id')).toEqual(Buffer.from(id))
        expect(uri.warnings).toEqual([])
      }),
    )
  })

  it('no text makes the parser fail with anything but its own error', () => {
    const piece = fc.oneof(
      fc.constantFrom('pkcs11:', ';', '?', '&', '=', '%', '%4', '%41', 'id', 'token', 'pin-value'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          parsePkcs11Uri(`pkcs11:${pieces.join('')}`)
        } catch (error) {
          expect(error).toBeInstanceOf(RolesAnywhereError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('a PIN is in no message, no description and no hidden form', () => {
    const pin = 'C4N4RY'
    const BARE_PIN = `pkcs11:token=a;${pin}`
    const forms = [
      `pkcs11:token=a?pin-value=${pin}`,
      `pkcs11:token=a;pin-value=${pin}`,
      `PKCS11:token=a?PIN-VALUE=${pin}`,
      `pkcs11:token=a?pin-value=${pin}%zz`,
      `pkcs11:?pin-value=${pin}&pin-value=${pin}`,
      `pkcs11:?pin-source=file:/x&pin-value=${pin}`,
      `pkcs11:?pin-value=${pin}#`,
      `pkcs11:token=a?pin-value=1;${pin}?${pin}&module-name=x`,
      `pkcs11:pin-value=1&${pin};token=a`,
      `pkcs11:token=a?pin%2dvalue=${pin}`,
      `pkcs11:token=a;p%69n-valu%45%3d${pin}`,
      `pkcs11:token=a?pin-value =${pin}`,
      `pkcs11:token=a?pin_value=${pin}`,
      `pkcs11:token=a?module-name=x&Pin=${pin}`,
      BARE_PIN,
      ` pkcs11:token=a?pin-value=${pin}`,
      `file:pkcs11:token=a?pin-source=${pin}`,
      `cannot read "./pkcs11%3Atoken=a?pin-value=1 ${pin}"`,
    ]
    for (const form of forms) {
      // Text that is nothing but a PIN cannot be told from other text; it is not quoted at all.
      if (form !== BARE_PIN) expect(hideSecrets(form)).not.toContain(pin)
      try {
        expect(describePkcs11Uri(parsePkcs11Uri(form))).not.toContain(pin)
      } catch (error) {
        expect(error).toBeInstanceOf(RolesAnywhereError)
        const { message, hint, detail } = error as RolesAnywhereError
        expect(JSON.stringify([message, hint, detail])).not.toContain(pin)
      }
    }
  })

  it('what is no PIN is left as it is', () => {
    for (const text of [
      'pkcs11:token=Pinpad;object=pin-value?module-path=/usr/lib/pin.so',
      'cannot read "/etc/pin-value=1" (ENOENT)',
      'say where it is with ?pin-source=file:/etc/token-pin',
    ]) {
      expect(hideSecrets(text)).toBe(text)
    }
  })

  it.each([
    ['id=01', 'id=%01'],
    ['id=a0B1', 'id=%A0%B1'],
    ['id=0x01', 'id=%01'],
    ['id=01:02:03', 'id=%01%02%03'],
    ['id=%01', undefined],
    ['id=1', undefined],
    ['id=leaf', undefined],
    ['object=01', undefined],
  ])('%s was meant as %s', (written, meant) => {
    expect(meantId(parsePkcs11Uri(`pkcs11:${written}`))).toBe(meant)
  })
})
