import { describe, expect, it } from 'vitest'
import {
  checkArnAgreement,
  parseProfileArn,
  parseRoleArn,
  parseTrustAnchorArn,
} from '../../../src/core/arn.ts'
import { refusalOf } from '../../support/refusal.ts'

const ACCOUNT = '123456789012'
const ANCHOR = `arn:aws:rolesanywhere:eu-central-1:${ACCOUNT}:trust-anchor/a545a1fc-5d86-4032-8f4c-61cdd6ff92da`
const PROFILE = `arn:aws:rolesanywhere:eu-central-1:${ACCOUNT}:profile/6f4943fb-13d4-4242-89c4-be367595c380`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/service/web+x=1,2.@-a`

describe('ARN parsers', () => {
  it('read the parts of a trust anchor', () => {
    expect(parseTrustAnchorArn(ANCHOR)).toEqual({
      kind: 'trust-anchor',
      text: ANCHOR,
      partition: 'aws',
      region: 'eu-central-1',
      accountId: ACCOUNT,
      resource: 'trust-anchor/a545a1fc-5d86-4032-8f4c-61cdd6ff92da',
    })
  })

  it('read the parts of a profile', () => {
    expect(parseProfileArn(PROFILE)).toMatchObject({ kind: 'profile', region: 'eu-central-1' })
  })

  it('read a role with a path and every character of a name; a role has no region', () => {
    expect(parseRoleArn(ROLE)).toEqual({
      kind: 'role',
      text: ROLE,
      partition: 'aws',
      region: '',
      accountId: ACCOUNT,
      resource: 'role/service/web+x=1,2.@-a',
    })
  })

  it.each(['aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso-b', 'aws-yet-unknown'])(
    'take partition %s',
    (partition) => {
      expect(parseRoleArn(ROLE.replace(':aws:', `:${partition}:`)).partition).toBe(partition)
    },
  )

  it.each([
    ['', 'empty'],
    ['x', 'no ARN'],
    [` ${ANCHOR}`, 'a space before'],
    [`${ANCHOR}\n`, 'a line break after'],
    [`${ANCHOR}\0`, 'NUL'],
    [ANCHOR.replace('arn:', 'ARN:'), 'upper case'],
    [ANCHOR.replace(':aws:', ':azure:'), 'another cloud'],
    [ANCHOR.replace(':aws:', '::'), 'no partition'],
    [ANCHOR.replace('rolesanywhere', 'iam'), 'another service'],
    [ANCHOR.replace('eu-central-1', ''), 'no region'],
    [ANCHOR.replace('eu-central-1', 'eu.evil/'), 'a region that is no host label'],
    [ANCHOR.replace(ACCOUNT, '12345678901'), 'an account of 11 digits'],
    [ANCHOR.replace(ACCOUNT, 'ACCOUNT'), 'a placeholder for the account'],
    [ANCHOR.replace(/[^/]*$/, ''), 'no id'],
    [ANCHOR.replace('trust-anchor/', 'trust-anchor:'), 'a colon for the slash'],
    [`${ANCHOR}/more`, 'more after the id'],
    [`${ANCHOR}\u202e`, 'a right-to-left override'],
  ])('refuse %j as a trust anchor: %s', (text) => {
    const error = refusalOf(() => parseTrustAnchorArn(text))
    expect(error.code).toBe('ERR_CONFIG_ARN_INVALID')
    expect(error.message).toMatch(/^"[\x20-\x7e…]*" is not the ARN of a trust anchor$/)
    expect(error.hint).toContain('trustAnchorArn takes arn:aws:rolesanywhere:')
  })

  it.each([
    [ROLE.replace('::', ':eu-central-1:'), 'a region'],
    [ROLE.replace('role/', 'user/'), 'a user'],
    [ROLE.replace('iam', 'sts').replace('role/', 'assumed-role/'), 'an assumed role'],
    [`arn:aws:iam::${ACCOUNT}:role/${'n'.repeat(65)}`, 'a name of 65 characters'],
    [`arn:aws:iam::${ACCOUNT}:role/a b`, 'a space'],
    [`arn:aws:iam::${ACCOUNT}:role/path/`, 'a path without a name'],
    [`arn:aws:iam::${ACCOUNT}:role/${'p'.repeat(511)}/name`, 'a path of 513 characters'],
  ])('refuse %j as a role: %s', (text) => {
    expect(refusalOf(() => parseRoleArn(text)).code).toBe('ERR_CONFIG_ARN_INVALID')
  })

  it('name the setting that a swapped ARN belongs to', () => {
    const error = refusalOf(() => parseProfileArn(ANCHOR))
    expect(error.message).toBe(`"${ANCHOR}" is not the ARN of a profile, but of a trust anchor`)
    expect(error.hint).toContain('this one belongs to trustAnchorArn')
    expect(refusalOf(() => parseTrustAnchorArn(PROFILE)).message).toContain('but of a profile')
    expect(refusalOf(() => parseProfileArn(ROLE)).message).toContain('but of a role')
  })

  it('show no more of a long text than a line', () => {
    const error = refusalOf(() => parseRoleArn('x'.repeat(1_000_000)))
    expect(error.message.length).toBeLessThan(200)
    expect(error.message).toContain('…')
  })
})

describe('checkArnAgreement', () => {
  const agree = { anchor: ANCHOR, profile: PROFILE, role: ROLE }
  const check = ({ anchor, profile, role }: typeof agree): void => {
    checkArnAgreement({
      trustAnchorArn: parseTrustAnchorArn(anchor),
      profileArn: parseProfileArn(profile),
      roleArn: parseRoleArn(role),
    })
  }

  it('passes ARNs of one partition, account and region', () => {
    expect(() => {
      check(agree)
    }).not.toThrow()
  })

  it.each([
    ['profile', 'partition', PROFILE.replace(':aws:', ':aws-cn:')],
    ['role', 'partition', ROLE.replace(':aws:', ':aws-cn:')],
    ['profile', 'account', PROFILE.replace(ACCOUNT, '210987654321')],
    ['role', 'account', ROLE.replace(ACCOUNT, '210987654321')],
    ['profile', 'region', PROFILE.replace('eu-central-1', 'eu-west-1')],
  ])('refuses a %s of another %s, naming both', (kind, fact, text) => {
    const error = refusalOf(() => {
      check({ ...agree, [kind]: text })
    })
    expect(error.code).toBe('ERR_CONFIG_ARN_DISAGREEMENT')
    expect(error.message).toContain(`the trust anchor is in ${fact} "`)
    expect(error.message).toContain(`the ${kind} in ${fact} "`)
    expect(error.hint).toContain(`${kind}Arn`)
    expect(error.detail).toEqual({ trustAnchorArn: ANCHOR, [`${kind}Arn`]: text })
  })

  it('refuses a region of another partition than the ARNs say', () => {
    const inChina = (text: string): string => text.replace('eu-central-1', 'cn-north-1')
    const error = refusalOf(() => {
      check({ anchor: inChina(ANCHOR), profile: inChina(PROFILE), role: ROLE })
    })
    expect(error.code).toBe('ERR_CONFIG_ARN_DISAGREEMENT')
    expect(error.message).toContain('region "cn-north-1" is in partition "aws-cn"')
  })

  it('leaves a region of unknown shape to AWS', () => {
    const onTheMoon = (text: string): string => text.replace('eu-central-1', 'moon-1')
    expect(() => {
      check({ anchor: onTheMoon(ANCHOR), profile: onTheMoon(PROFILE), role: ROLE })
    }).not.toThrow()
  })
})
