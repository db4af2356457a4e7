/**
 * Writes one set of credentials into one profile of the shared credentials file.
 *
 * Only `update` writes here; reading the file is the business of `settings/`.
 *
 * @see machine/edit-file.ts for how several writers get along
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import type { Reporter } from '../../core/ports.ts'
import { editFile, type FileEditPorts } from '../../machine/edit-file.ts'
import { setProfileKeys } from './edit-profile.ts'
import { checkProfileName } from './profile-name.ts'

export interface WriteProfileOptions {
  /** The credentials file; a link is followed, a missing one is made with mode 0600. */
  readonly path: string
  readonly profile: string
  readonly credentials: SessionCredentials
}

export interface WriteProfilePorts extends FileEditPorts {
  readonly reporter: Reporter
}

/**
 * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_UNSAFE, ERR_OUTPUT_LOCKED,
 *   ERR_USAGE_INVALID_VALUE
 */
export async function writeProfile(
  { path, profile, credentials }: WriteProfileOptions,
  ports: WriteProfilePorts,
): Promise<void> {
  checkProfileName(profile)
  let target = path
  const { openMode } = await editFile(
    {
      path,
      namedBy: 'AWS_SHARED_CREDENTIALS_FILE',
      isSecret: true,
      edit(old, found) {
        target = found
        const content = setProfileKeys(old ?? new Uint8Array(), profile, {
          aws_access_key_id: credentials.accessKeyId,
          aws_secret_access_key: credentials.secretAccessKey,
          aws_session_token: credentials.sessionToken,
        })
        return Promise.resolve(content)
      },
    },
    ports,
  )
  if (openMode === undefined) return
  ports.reporter.warn(
    `"${target}" had mode 0${openMode.toString(8)}: others could read secrets there`,
    { hint: 'it has mode 0600 from now on' },
  )
}
