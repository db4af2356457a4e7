/**
 * Makes the throwaway certificate and settings of the booted system.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'

const folder = process.argv[2] ?? '.'
const arn = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
const uuid = '11111111-2222-3333-4444-555555555555'
const authority = await createAuthority()
const leaf = await authority.issue({ keyType: 'ec', subject: 'CN=booted' })
writeFileSync(join(folder, 'ca.pem'), authority.certificatePem)
writeFileSync(join(folder, 'client.pem'), leaf.certificatePem)
writeFileSync(join(folder, 'client.key'), leaf.privateKeyPem, { mode: 0o600 })
writeFileSync(
  join(folder, 'config'),
  `[profile onprem]
rolesanywhere_trust_anchor_arn = ${arn}:trust-anchor/${uuid}
rolesanywhere_profile_arn = ${arn}:profile/${uuid}
rolesanywhere_role_arn = arn:aws:iam::111122223333:role/booted
rolesanywhere_endpoint = http://127.0.0.1:19000
`,
)
