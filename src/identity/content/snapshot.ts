/**
 * The files of one identity read together, so that it can be told afterwards whether they still belong
 * together.
 *
 * @see design.md 5: key, certificate and chain are read as one snapshot
 * @module
 */

import type { SecretPorts } from '../secret/secret-ports.ts'
import { isUnchanged } from '../../machine/read-file.ts'
import { readFolder } from './read-folder.ts'
import { readFromSetting, type SettingContent } from './read-content.ts'

export interface SnapshotSettings {
  /** A file, a folder of files, or a secret source. */
  readonly certificate: string
  /** Default: what `certificate` names. */
  readonly privateKey?: string | undefined
  readonly intermediates?: string | undefined
}

export interface FileSnapshot {
  /** One content, or those of the files in a folder. */
  readonly certificates: readonly SettingContent[]
  /** The same as `certificates` when no other was named. */
  readonly privateKeys: readonly SettingContent[]
  readonly intermediates: SettingContent | undefined
  /** Whether `certificate` named a folder. */
  readonly isFolder: boolean
  /** Whether every path still leads to what was read. What is no file cannot change. */
  isUnchanged(): Promise<boolean>
}

/** Takes snapshots of the same settings: files anew each time, streams once, as they are used up. */
export class FileSnapshots {
  readonly #settings: SnapshotSettings
  readonly #secrets: SecretPorts
  readonly #streams = new Map<string, SettingContent>()

  constructor(settings: SnapshotSettings, secrets: SecretPorts) {
    this.#settings = settings
    this.#secrets = secrets
  }

  /** @throws {RolesAnywhereError} as `readFromSetting` and `readFolder`. */
  async take(): Promise<FileSnapshot> {
    const { certificate, privateKey, intermediates } = this.#settings
    const contents = new Map(this.#streams)
    const read = async (text: string, setting: string): Promise<SettingContent> => {
      const content = contents.get(text) ?? (await readFromSetting(text, setting, this.#secrets))
      contents.set(text, content)
      if (content.file === undefined) this.#streams.set(text, content)
      return content
    }
    const folder = await readFolder(certificate, '--certificate')
    const certificates = folder ?? [await read(certificate, '--certificate')]
    return {
      certificates,
      privateKeys:
        privateKey === undefined ? certificates : [await read(privateKey, '--private-key')],
      intermediates:
        intermediates === undefined ? undefined : await read(intermediates, '--intermediates'),
      isFolder: folder !== undefined,
      async isUnchanged() {
        const all = [...contents.values(), ...(folder ?? [])]
        const unchanged = await Promise.all(all.flatMap(({ file }) => file ?? []).map(isUnchanged))
        return unchanged.every(Boolean)
      },
    }
  }
}
