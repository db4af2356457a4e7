/**
 * Good set-ups: the doctor finds nothing in any of them, neither a problem nor anything to warn of.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Stage, type StagedIdentity } from '../support/cli-stage.ts'
import { ARN_KEYS, ARNS, Place, PROFILE, ROLE, TRUST_ANCHOR } from '../support/doctor/place.ts'
import type { GoodSetUp, Visit } from '../support/doctor/place.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

/** A leaf below an intermediate. */
async function withChain(
  place: Place,
): Promise<StagedIdentity & { readonly intermediatePem: string }> {
  const intermediate = await place.stage.authority.issueAuthority({ subject: 'CN=Issuing CA' })
  return { ...(await place.issue({}, intermediate)), intermediatePem: intermediate.certificatePem }
}

const GOOD: readonly GoodSetUp[] = [
  {
    what: 'an EC key and its certificate',
    prepare: async (place) => ({ args: [...(await place.issue()).flags, ...ARNS] }),
  },
  {
    what: 'RSA',
    prepare: async (place) => ({
      args: [...(await place.issue({ keyType: 'rsa' })).flags, ...ARNS],
    }),
  },
  {
    what: 'P-384 and SHA-384',
    prepare: async (place) => ({
      args: [...(await place.issue({ curve: 'P-384', hash: 'SHA-384' })).flags, ...ARNS],
    }),
  },
  {
    what: 'names of every kind that AWS takes',
    prepare: async (place) => ({
      args: [
        ...(
          await place.issue({
            subject: 'CN=db-1.example.com,OU=Ops_Team,O=Müller + Söhne: EU,C=DE',
            dnsNames: ['db-1.example.com', 'db.example.com'],
          })
        ).flags,
        ...ARNS,
      ],
    }),
  },
  {
    what: 'a full chain in the certificate file, leaf first',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePem, intermediatePem, flags } = await withChain(place)
      place.write('client.pem', certificatePem + intermediatePem)
      return { args: [...flags, ...ARNS] }
    },
  },
  {
    what: 'a bundle in the wrong order, with its root',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePem, intermediatePem, flags } = await withChain(place)
      place.write('client.pem', stage.authority.certificatePem + intermediatePem + certificatePem)
      return { args: [...flags, ...ARNS] }
    },
  },
  {
    what: 'intermediates in a file of their own',
    async prepare(place: Place): Promise<Visit> {
      const { intermediatePem, flags } = await withChain(place)
      const path = place.write('chain.pem', intermediatePem)
      return { args: [...flags, '--intermediates', path, ...ARNS] }
    },
  },
  {
    what: 'a root beside, which is not named and need not be',
    async prepare(place: Place): Promise<Visit> {
      place.write('root.pem', stage.authority.certificatePem)
      return { args: [...(await place.issue()).flags, ...ARNS] }
    },
  },
  {
    what: 'a certificate in DER',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePem, privateKeyPath } = await place.issue()
      const path = place.write('client.der', new X509Certificate(certificatePem).raw)
      return { args: ['--certificate', path, '--private-key', privateKeyPath, ...ARNS] }
    },
  },
  {
    what: 'certificate and key in one file',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePem, privateKeyPem } = await place.issue()
      const path = place.write('both.pem', certificatePem + privateKeyPem)
      return { args: ['--certificate', path, ...ARNS] }
    },
  },
  {
    what: 'a folder with one pair and what else lies there',
    async prepare(place: Place): Promise<Visit> {
      const folder = join(place.folder, 'pki')
      mkdirSync(folder)
      const issued = await stage.authority.issue({ subject: 'CN=backup' })
      const stranger = await stage.authority.issueAuthority({ subject: 'CN=Of others' })
      place.write('pki/client.pem', issued.certificatePem)
      place.write('pki/client.key', issued.privateKeyPem)
      place.write('pki/of-others.pem', stranger.certificatePem)
      return { args: ['--certificate', folder, ...ARNS] }
    },
  },
  {
    what: 'an encrypted key, its password in a variable',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      place.openssl(
        ...['pkcs8', '-topk8', '-in', 'client.key', '-out', 'closed.key'],
        ...['-v2', 'aes-256-cbc', '-passout', 'pass:secret'],
      )
      const key = place.write('closed.key', place.read('closed.key'))
      return {
        args: [
          ...['--certificate', certificatePath, '--private-key', key],
          ...['--key-password', 'env:PASSWORD', ...ARNS],
        ],
        env: { PASSWORD: 'secret' },
      }
    },
  },
  {
    what: 'a PKCS#12 file, its password in a file',
    async prepare(place: Place): Promise<Visit> {
      await place.issue()
      place.openssl(
        ...['pkcs12', '-export', '-in', 'client.pem', '-inkey', 'client.key'],
        ...['-out', 'client.p12', '-passout', 'pass:secret'],
      )
      const password = place.write('password', 'secret\n')
      return {
        args: [
          ...['--certificate', join(place.folder, 'client.p12')],
          ...['--key-password', `file:${password}`, ...ARNS],
        ],
      }
    },
  },
  {
    what: 'a certificate in a variable',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePem, privateKeyPath } = await place.issue()
      return {
        args: ['--certificate', 'env:CERT', '--private-key', privateKeyPath, ...ARNS],
        env: { CERT: certificatePem },
      }
    },
  },
  {
    what: 'everything in a profile',
    async prepare(place: Place): Promise<Visit> {
      await place.profile('region = eu-west-1\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'a profile by AWS_PROFILE, with paths in the home folder and credential_process',
    async prepare(place: Place): Promise<Visit> {
      await place.issue()
      place.config(`[default]
region = eu-west-1

[profile onprem]
credential_process = /usr/bin/env rolesanywhere credential-process --profile onprem
rolesanywhere_certificate = ~/client.pem
rolesanywhere_private_key = ~/client.key
${ARN_KEYS}
[services local]
s3 =
  endpoint_url = http://localhost:4566
`)
      return { args: [], env: { AWS_PROFILE: 'onprem' } }
    },
  },
  {
    what: 'a config file with CRLF and a byte order mark, and keys of another profile',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath, privateKeyPath } = await place.issue()
      const text = `[profile onprem]
rolesanywhere_certificate = ${certificatePath}
rolesanywhere_private_key = ${privateKeyPath}
${ARN_KEYS}`
      place.config(`\u{feff}${text.replaceAll('\n', '\r\n')}`)
      place.credentials('[other]\naws_access_key_id = A\naws_secret_access_key = b\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'everything in variables',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath, privateKeyPath } = await place.issue()
      return {
        args: [],
        env: {
          ROLESANYWHERE_CERTIFICATE: certificatePath,
          ROLESANYWHERE_PRIVATE_KEY: privateKeyPath,
          ROLESANYWHERE_TRUST_ANCHOR_ARN: TRUST_ANCHOR,
          ROLESANYWHERE_PROFILE_ARN: PROFILE,
          ROLESANYWHERE_ROLE_ARN: ROLE,
        },
      }
    },
  },
  {
    what: 'a flag in place of a key of the profile',
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      return {
        args: [
          ...['--profile', 'onprem', '--role-arn', 'arn:aws:iam::900000000001:role/service/other'],
        ],
      }
    },
  },
  {
    what: 'a signer command, asked by AWS',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath, privateKeyPath } = await place.issue()
      return await online(
        place,
        [
          ...['--certificate', certificatePath],
          ...['--signer-command', `openssl dgst -sha256 -sign '${privateKeyPath}'`],
        ],
        {},
      )
    },
  },
  {
    what: 'a session by the emulator, with its chain, region and duration',
    async prepare(place: Place): Promise<Visit> {
      const { intermediatePem, flags } = await withChain(place)
      const path = place.write('chain.pem', intermediatePem)
      return await online(
        place,
        [
          ...[...flags, '--intermediates', path, '--region', 'eu-central-1'],
          ...['--session-duration', '900'],
        ],
        {},
      )
    },
  },
  {
    what: 'a session over TLS with a CA bundle, and a proxy that is not for this host',
    async prepare(place: Place): Promise<Visit> {
      const emulator = await place.stage.emulate({ tls: true })
      const bundle = place.write('bundle.pem', emulator.caPem ?? '')
      return {
        args: [
          ...(await place.issue()).flags,
          ...[...ARNS, '--online', '--endpoint', emulator.url, '--ca-bundle', bundle],
        ],
        env: { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' },
      }
    },
  },
]

async function online(
  place: Place,
  flags: readonly string[],
  options: Parameters<Stage['emulate']>[0],
): Promise<Visit> {
  const { url } = await place.stage.emulate(options)
  return { args: [...flags, ...ARNS, '--online', '--endpoint', url] }
}

describe('good set-ups', () => {
  it.each(GOOD.map((setUp, index) => ({ ...setUp, index })))('$what', async (setUp) => {
    const place = new Place(stage, `good-${setUp.index}`)
    const visit = await setUp.prepare(place)
    const report = await place.examine(visit)
    const alarms = report.checks.filter(({ status }) => status !== 'ok' && status !== 'skipped')
    expect(alarms.map(({ id, found }) => `${id}: ${found}`)).toEqual([])
    expect(report.code).toBe(0)
    expect(report.stderr).toBe('')
    const isOnline = visit.args.includes('--online')
    const session = report.checks.find(({ id }) => id === 'service-session')
    expect(session?.status).toBe(isOnline ? 'ok' : 'skipped')
  })

  it('are as many as promised', () => {
    expect(GOOD.length).toBeGreaterThanOrEqual(20)
  })
})
