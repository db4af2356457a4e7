/**
 * The files of one identity read together, so that it can be told afterwards whether they still belong
 * together.
 *
 * @see design.md 5: key, certificate and chain are read as one snapshot
 * @module
 */

import type { ContentLocation, TpmLocation } from '../../core/key-location.ts'
import type { SettingName } from '../../core/wording.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'
import { isUnchanged } from '../../machine/read-file.ts'
import { readContent, readFolder, type SettingContent } from './read-content.ts'

export interface SnapshotSettings {
  /** A file, a folder of files, or a secret source. */
  readonly certificate: ContentLocation
  /** Default: what `certificate` names. */
  readonly privateKey?: ContentLocation | TpmLocation | undefined
  readonly intermediates?: ContentLocation | undefined
}

export interface FileSnapshot {
  /** One content, or those of the files in a folder. */
  readonly certificates: readonly SettingContent[]
  /** The same as `certificates` when no other was named; none for a key that is no content. */
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
  /** By location. */
  readonly #streams = new Map<string, SettingContent>()

  constructor(settings: SnapshotSettings, secrets: SecretPorts) {
    this.#settings = settings
    this.#secrets = secrets
  }

  /** @throws {RolesAnywhereError} as `readContent` and `readFolder`. */
  async take(): Promise<FileSnapshot> {
    const { certificate, privateKey, intermediates } = this.#settings
    const contents = new Map(this.#streams)
    const read = async (location: ContentLocation, name: SettingName): Promise<SettingContent> => {
      const key = keyOf(location)
      const content = contents.get(key) ?? (await readContent(location, name, this.#secrets))
      contents.set(key, content)
      if (content.file === undefined) this.#streams.set(key, content)
      return content
    }
    const folder =
      certificate.kind === 'path' ? await readFolder(certificate.path, 'certificate') : undefined
    const certificates = folder ?? [await read(certificate, 'certificate')]
    const privateKeys =
      privateKey === undefined
        ? certificates
        : privateKey.kind === 'tpm-handle'
          ? []
          : [await read(privateKey, 'privateKey')]
    return {
      certificates,
      privateKeys,
      intermediates:
        intermediates === undefined ? undefined : await read(intermediates, 'intermediates'),
      isFolder: folder !== undefined,
      async isUnchanged() {
        const all = [...contents.values(), ...(folder ?? [])]
        const unchanged = await Promise.all(all.flatMap(({ file }) => file ?? []).map(isUnchanged))
        return unchanged.every(Boolean)
      },
    }
  }
}

/** The same for the same place, whichever setting names it. */
function keyOf(location: ContentLocation): string {
  if (location.kind === 'path') return JSON.stringify([location.path])
  const { kind, argument } = location.source
  return JSON.stringify([kind, argument])
}
