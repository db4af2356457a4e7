/**
 * Writes an OCI image layout of layers that are already packed (FILE.tar and FILE.tar.gz beside it).
 *
 *     node layout.ts FOLDER ARCHITECTURE SECONDS LAYER.tar…
 *
 * @see https://github.com/opencontainers/image-spec
 * @module
 */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageVersion } from '../../scripts/build.ts'

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const [folder = '', architecture = '', seconds = '', ...layers] = process.argv.slice(2)
const created = new Date(Number(seconds) * 1000).toISOString()
const version = packageVersion()
mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })

const config = {
  created,
  architecture,
  os: 'linux',
  config: {
    User: '65532:65532',
    Entrypoint: ['/usr/bin/rolesanywhere'],
    Cmd: ['help'],
    Env: [
      'PATH=/usr/bin',
      'HOME=/home/rolesanywhere',
      'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
    ],
    ExposedPorts: { '9911/tcp': {} },
    Labels: {
      'org.opencontainers.image.title': 'rolesanywhere',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    // Docker's own field: the specification lets it pass.
    Healthcheck: {
      Test: ['CMD', '/usr/bin/rolesanywhere', 'status'],
      Interval: 30_000_000_000,
      Timeout: 5_000_000_000,
      StartPeriod: 20_000_000_000,
    },
  },
  rootfs: { type: 'layers', diff_ids: layers.map((layer) => digest(readFileSync(layer))) },
  history: layers.map((_, index) => ({
    created,
    created_by: index === 0 ? 'libraries and certificates of Debian' : 'rolesanywhere',
  })),
}
const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: blob('application/vnd.oci.image.config.v1+json', json(config)),
  layers: layers.map((layer) =>
    blob('application/vnd.oci.image.layer.v1.tar+gzip', readFileSync(`${layer}.gz`)),
  ),
}
const index = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [
    {
      ...blob(manifest.mediaType, json(manifest)),
      platform: { architecture, os: 'linux' },
      annotations: { 'org.opencontainers.image.ref.name': `rolesanywhere:${version}` },
    },
  ],
}
writeFileSync(join(folder, 'index.json'), json(index))
writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))

/** Writes the bytes under their digest. */
function blob(mediaType: string, bytes: Buffer): Descriptor {
  const name = digest(bytes)
  writeFileSync(join(folder, 'blobs', name.replace(':', '/')), bytes)
  return { mediaType, digest: name, size: bytes.length }
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
