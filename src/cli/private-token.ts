/**
 * The token of an endpoint that one program has for itself: in a file, as SDKs since the middle of 2023
 * prefer it, and by value for those from before.
 *
 * @see AWS SDKs and Tools Reference Guide, "Container credential provider"
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Reporter } from '../core/ports.ts'
import { writeNewFile } from '../machine/new-file.ts'
import { ContainerToken } from '../outputs/endpoint/container-token.ts'
import { newToken } from '../outputs/endpoint/token-file.ts'
import type { System } from './system.ts'

/** Its file is gone when it is disposed of. */
export interface PrivateToken extends AsyncDisposable {
  readonly token: ContainerToken
  /** What the program needs to show it. */
  readonly variables: Readonly<Record<string, string>>
}

/** The file lies in a new folder of this user, in memory where there is such a place. */
export async function openPrivateToken(
  { env, uid }: Pick<System, 'env' | 'uid'>,
  reporter: Reporter,
): Promise<PrivateToken> {
  for (const place of [env['XDG_RUNTIME_DIR'], env['TMPDIR'] ?? '/tmp']) {
    const opened = await openIn(place ?? '', uid, reporter)
    if (opened !== undefined) return opened
  }
  reporter.warn('there is no place for a token file: the program gets the token by value only', {
    hint: 'let XDG_RUNTIME_DIR or TMPDIR name a folder that only you and root can change',
  })
  const { token, text } = ContainerToken.ephemeral()
  return {
    token,
    variables: { [BY_VALUE]: text },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Undefined where no file can be made, or not in safety. */
async function openIn(
  place: string,
  uid: number,
  reporter: Reporter,
): Promise<PrivateToken | undefined> {
  const folder =
    place === ''
      ? undefined
      : await mkdtemp(join(place, 'rolesanywhere-exec-')).catch(() => undefined)
  if (folder === undefined) return undefined
  const remove = async (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'token')
    const text = newToken()
    await writeNewFile(path, text)
    return {
      token: await ContainerToken.inFile(path, uid, reporter),
      variables: { [IN_FILE]: path, [BY_VALUE]: text },
      [Symbol.asyncDispose]: remove,
    }
  } catch (error) {
    await remove()
    if (!(error instanceof RolesAnywhereError)) throw error
    reporter.debug('no token file here', { place, code: error.code })
    return undefined
  }
}

const BY_VALUE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN'
const IN_FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'
