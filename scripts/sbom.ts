/**
 * A bill of materials in CycloneDX 1.6: what is inside, since audits of installed packages cannot see it.
 *
 * It has no serial number and no time, so that the same build gives the same bytes.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 * @module
 */

import type { BundledPackage } from './notices.ts'

/** What the list is of: the npm package, or the executable of one processor. */
export interface Subject {
  readonly name: string
  readonly version: string
  readonly type: 'library' | 'application'
}

/** The document, ready to be written. */
export function billOfMaterials(subject: Subject, packages: readonly BundledPackage[]): string {
  const own = purl(subject.name, subject.version)
  const components = packages.map(({ name, version, license }) => ({
    type: 'library',
    'bom-ref': purl(name, version),
    ...nameAndGroup(name),
    version,
    // The form of CycloneDX for one licence and for several is the same: an SPDX expression.
    licenses: [{ expression: license }],
    purl: purl(name, version),
  }))
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: subject.type,
        'bom-ref': own,
        name: subject.name,
        version: subject.version,
        licenses: [{ expression: 'Apache-2.0' }],
        purl: own,
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map((component) => component.purl) }],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function nameAndGroup(name: string): { group?: string; name: string } {
  const [group, inGroup] = name.split('/')
  return inGroup === undefined ? { name } : { group: group ?? '', name: inGroup }
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}
