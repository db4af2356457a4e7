/**
 * A process that writes the credentials file, to be killed by tests of it.
 *
 * `writer.ts PATH PROFILE COUNT PREFIX`: writes COUNT sets of credentials one after the other, 0 for
 * ever. A set is told from others by its mark, which stands in all three keys.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { SessionCredentials } from '../../src/core/credentials.ts'
import { writeProfile } from '../../src/outputs/credentials-file/write-profile.ts'

const [path = '', profile = '', count = '1', prefix = 'M'] = process.argv.slice(2)
const isEndless = count === '0'
for (let index = 0; isEndless || index < Number(count); index++) {
  const mark = `${prefix}${index}`
  const credentials = new SessionCredentials({
    accessKeyId: `ASIA-${mark}`,
    secretAccessKey: `secret-${mark}`,
    sessionToken: `token-${mark}`,
    expiresAt: 0,
    accountId: '111122223333',
    roleArn: 'arn:aws:iam::111122223333:role/x',
  })
  const ports = {
    clock: Date.now,
    random: Math.random,
    wait: (ms: number) => sleep(ms),
    reporter: { warn: () => undefined, debug: () => undefined },
    uid: process.getuid?.() ?? 0,
  }
  await writeProfile({ path, profile, credentials }, ports)
  if (index === 0) process.stdout.write('writing\n')
}
