/**
 * Sets the three credential keys of one profile in the text of an AWS credentials file.
 *
 * @see settings/edit-aws-file.ts for what stays as it was
 * @module
 */

import { editSection } from '../../settings/edit-aws-file.ts'

export interface ProfileKeys {
  readonly aws_access_key_id: string
  readonly aws_secret_access_key: string
  readonly aws_session_token: string
}

/**
 * The file with the keys set; the profile is appended when there is none of that name.
 *
 * @param profile - as it stands between the brackets, see {@link checkProfileName}
 */
export function setProfileKeys(file: Uint8Array, profile: string, keys: ProfileKeys): Uint8Array {
  return editSection(file, {
    isMeant: (title) => title === profile,
    keys: new Map([
      ['aws_access_key_id', keys.aws_access_key_id],
      ['aws_secret_access_key', keys.aws_secret_access_key],
      ['aws_session_token', keys.aws_session_token],
    ]),
    added: { title: profile },
  })
}
