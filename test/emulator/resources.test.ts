/** What AWS's side decides: which trust anchor, profile and role there are, and which are disabled. */

import { beforeAll, describe, expect, it } from 'vitest'
import { startEmulator, type EmulatorOptions } from '../../src/emulator/emulator.ts'
import type { Resources } from '../../src/emulator/resources.ts'
import {
  createAuthority,
  type Authority,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import { ARNS, exchange, signRequest, type WireResponse } from '../support/pki-request.ts'

const NOW = Date.parse('2026-11-22T10:00:00Z')
const OTHER = { profile: ARNS.profileArn.replace(/2$/, '9'), role: `${ARNS.roleArn}-other` }

let root: Authority
let leaf: IssuedCertificate

beforeAll(async () => {
  root = await createAuthority()
  leaf = await root.issue()
})

async function answerWith(
  options: Partial<EmulatorOptions>,
  by: IssuedCertificate = leaf,
): Promise<WireResponse> {
  await using emulator = await startEmulator({
    trustAnchors: root.certificatePem,
    clock: () => NOW,
    ...options,
  })
  return await exchange(emulator.url, signRequest({ ...by, at: NOW }))
}

describe('what is set up', () => {
  it('is served', async () => {
    const resources: Resources = {
      trustAnchorArn: ARNS.trustAnchorArn,
      profileArns: [OTHER.profile, ARNS.profileArn],
      roleArns: [OTHER.role, ARNS.roleArn],
    }
    expect(await answerWith({ resources })).toMatchObject({ status: 201 })
  })

  it.each<[string, Resources, number, string, string]>([
    [
      'another trust anchor',
      { trustAnchorArn: ARNS.trustAnchorArn.replace(/1$/, '9') },
      404,
      'ResourceNotFoundException',
      `there is no trust anchor ${ARNS.trustAnchorArn}`,
    ],
    [
      'a disabled trust anchor',
      { trustAnchorEnabled: false },
      403,
      'AccessDeniedException',
      `the trust anchor ${ARNS.trustAnchorArn} is disabled`,
    ],
    [
      'another profile',
      { profileArns: [OTHER.profile] },
      404,
      'ResourceNotFoundException',
      `there is no profile ${ARNS.profileArn}`,
    ],
    [
      'a disabled profile',
      { profileEnabled: false },
      403,
      'AccessDeniedException',
      `the profile ${ARNS.profileArn} is disabled`,
    ],
    // In the service's words.
    [
      'a profile without the role',
      { roleArns: [OTHER.role] },
      403,
      'AccessDeniedException',
      `Unable to assume role for ${ARNS.roleArn}`,
    ],
    ['a profile without any role', { roleArns: [] }, 403, 'AccessDeniedException', 'Unable to'],
  ])('%s: refused', async (_, resources, status, type, message) => {
    const answer = await answerWith({ resources })
    expect(answer).toMatchObject({ status, headers: { 'x-amzn-errortype': type } })
    expect(answer.body).toContain(message)
  })

  it('an unknown trust anchor vouches for nobody, so it is told before the certificate is', async () => {
    const stranger = await (await createAuthority()).issue()
    const resources = { trustAnchorArn: ARNS.trustAnchorArn.replace(/1$/, '9') }
    expect(await answerWith({ resources }, stranger)).toMatchObject({ status: 404 })
  })
})

it('a session is told with its secrets, and a refusal tells of none', async () => {
  const told: string[] = []
  const onSession: EmulatorOptions['onSession'] = ({ credentials }) =>
    told.push(credentials.secretAccessKey)
  const { body } = await answerWith({ onSession })
  await answerWith({ onSession, resources: { roleArns: [] } })
  expect(told).toHaveLength(1)
  expect(body).toContain(told[0])
})
