import { describe, expect, it } from 'vitest'
import { missingArns, sortArns } from '../../../src/configure/sort-arns.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../../support/pki-request.ts'

const texts = (text: string): readonly (string | undefined)[] => {
  const { trustAnchorArn, profileArn, roleArn } = sortArns(text)
  return [trustAnchorArn?.text, profileArn?.text, roleArn?.text]
}

describe('sortArns', () => {
  it.each([
    `${ROLE_ARN} ${TRUST_ANCHOR_ARN} ${PROFILE_ARN}`,
    `profile: "${PROFILE_ARN}", role: "${ROLE_ARN}", anchor: '${TRUST_ANCHOR_ARN}'`,
    `${TRUST_ANCHOR_ARN}\n${ROLE_ARN}\n${PROFILE_ARN}\n${ROLE_ARN}`,
  ])('finds the three in %j', (text) => {
    expect(texts(text)).toEqual([TRUST_ANCHOR_ARN, PROFILE_ARN, ROLE_ARN])
    expect(missingArns(sortArns(text))).toEqual([])
  })

  it('adds to what is known, and says what is missing', () => {
    const some = sortArns(ROLE_ARN)
    expect(missingArns(some)).toEqual(['trustAnchorArn', 'profileArn'])
    expect(missingArns(sortArns(TRUST_ANCHOR_ARN, some))).toEqual(['profileArn'])
  })

  it.each([
    ['nothing here', 'holds no ARN'],
    ['arn:aws:iam::123456789012:user/me', 'is the ARN of something else'],
    ['arn:aws:iam::1234:role/me', 'is not the ARN of a role'],
    [`${ROLE_ARN} ${ROLE_ARN}2`, 'are both of a role'],
  ])('refuses %j', (text, said) => {
    expect(() => sortArns(text)).toThrow(said)
  })
})
