/**
 * What the doctor is given: settings of which anything may be missing, and the world.
 *
 * @module
 */

import type { SessionOptions } from '../core/session-parameters.ts'
import type { IdentityPorts } from '../identity/identity-options.ts'
import type { Environment } from '../machine/home-folder.ts'
import type { TransportSettings } from '../transport/open-transport.ts'
import type { AskingPorts } from './ask-aws.ts'
import type { ExaminedOptions } from './examine-identity.ts'

/** Under the names of the settings; anything may be missing. */
export type DoctorSettings = ExaminedOptions &
  TransportSettings &
  Partial<SessionOptions> & { readonly timeout?: number | undefined }

export interface DoctorPorts extends AskingPorts {
  readonly identity: IdentityPorts
  readonly env: Environment
  readonly platform: string
  readonly uid: number | undefined
}
