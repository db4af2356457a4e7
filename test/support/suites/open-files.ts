/**
 * The two ways in which suites open a file: as a private key and as certificates.
 *
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { loadFileSigner } from '../../../src/identity/content/load-file-identity.ts'
import { readFileCertificates } from '../../../src/identity/content/read-certificates.ts'
import { inFiles } from '../places.ts'
import { recordingPorts, type RecordingPorts } from '../../unit/identity/recording-ports.ts'

/** Opens the private key in a file; without a password there is nobody to ask. */
export function openKey(
  path: string,
  password: string | undefined,
  ports: RecordingPorts = recordingPorts(),
): ReturnType<typeof loadFileSigner> {
  return loadFileSigner(inFiles({ privateKey: path, ...answering(password) }), ports)
}

/** The certificates in a file, in their order. */
export function openCertificates(
  path: string,
  password?: string,
  ports: RecordingPorts = recordingPorts(),
): Promise<readonly X509Certificate[]> {
  const options = inFiles({ certificate: path, ...answering(password) })
  return readFileCertificates(options, ports)
}

function answering(password: string | undefined): { keyPassword?: () => Promise<string> } {
  return password === undefined ? {} : { keyPassword: () => Promise.resolve(password) }
}
