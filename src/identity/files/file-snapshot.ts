/**
 * The files of one identity read together, so that it can be told afterwards whether they still belong
 * together.
 *
 * @see design.md 5: key, certificate and chain are read as one snapshot
 * @module
 */

import type { SecretPorts } from '../secret/secret-source.ts'
import { isUnchanged } from './read-file.ts'
import { readFromSetting, type SettingContent } from './read-from-setting.ts'

export interface SnapshotSettings {
  readonly certificate: string
  readonly privateKey?: string | undefined
  readonly intermediates?: string | undefined
}

export interface FileSnapshot {
  readonly certificate: SettingContent
  /** The same content as `certificate` when no other was named. */
  readonly privateKey: SettingContent
  readonly intermediates: SettingContent | undefined
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

  /** @throws {RolesAnywhereError} as `readFromSetting`. */
  async take(): Promise<FileSnapshot> {
    const { certificate, privateKey = certificate, intermediates } = this.#settings
    const contents = new Map(this.#streams)
    const read = async (text: string, setting: string): Promise<SettingContent> => {
      const content = contents.get(text) ?? (await readFromSetting(text, setting, this.#secrets))
      contents.set(text, content)
      if (content.file === undefined) this.#streams.set(text, content)
      return content
    }
    return {
      certificate: await read(certificate, '--certificate'),
      privateKey: await read(privateKey, '--private-key'),
      intermediates:
        intermediates === undefined ? undefined : await read(intermediates, '--intermediates'),
      async isUnchanged() {
        const files = [...contents.values()].flatMap(({ file }) => file ?? [])
        return (await Promise.all(files.map(isUnchanged))).every(Boolean)
      },
    }
  }
}
