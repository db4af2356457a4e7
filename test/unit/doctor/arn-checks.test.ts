import { describe, expect, it } from 'vitest'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../../src/core/arn.ts'
import { ARN_CHECKS } from '../../../src/doctor/arn-checks.ts'
import { judgeAll } from '../../../src/doctor/check.ts'

const ANCHOR =
  'arn:aws:rolesanywhere:eu-central-1:900000000001:trust-anchor/8a5c1c4e-2f5e-4a6b-9c2d-0e1f2a3b4c5d'
const PROFILE =
  'arn:aws:rolesanywhere:eu-central-1:900000000001:profile/1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9'
const ROLE = 'arn:aws:iam::900000000001:role/backup'

function examine({ anchor = ANCHOR, profile = PROFILE, role = ROLE, region = 'eu-central-1' }) {
  const findings = judgeAll(ARN_CHECKS, {
    trustAnchorArn: parseTrustAnchorArn(anchor),
    profileArn: parseProfileArn(profile),
    roleArn: parseRoleArn(role),
    region,
  })
  return findings.flatMap(({ id, status }) => (status === 'ok' ? [] : [`${id} ${status}`]))
}

describe('ARN checks', () => {
  it('pass three that belong together', () => {
    expect(examine({})).toEqual([])
  })

  it.each([
    ['arns-agree problem', { role: 'arn:aws:iam::900000000002:role/backup' }],
    ['arns-agree problem', { profile: PROFILE.replace('eu-central-1', 'eu-west-1') }],
    ['arns-placeholder problem', { anchor: ANCHOR.replace(/\/.*/u, '/TRUST_ANCHOR_ID') }],
    ['arns-placeholder problem', { profile: PROFILE.replace(/\/.*/u, '/PROFILE_ID') }],
    ['arns-region problem', { region: 'eu-west-1' }],
    ['arns-region problem', { region: 'cn-north-1' }],
  ])('%s: %o', (found, options) => {
    expect(examine(options)).toContain(found)
  })

  it('warn of an account of documentation', () => {
    const example = (arn: string): string => arn.replace('900000000001', '111122223333')
    expect(
      examine({ anchor: example(ANCHOR), profile: example(PROFILE), role: example(ROLE) }),
    ).toEqual(['arns-placeholder warning'])
  })
})
