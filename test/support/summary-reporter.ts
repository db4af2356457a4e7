/**
 * Closes a run with what was skipped, then one line with the counts. `npm run test:all` allows no skip:
 * there one fails the run, unless it was asked for some tests by name; what PyPI alone has may be missing.
 *
 * @module
 */

import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { FROM_PYPI } from './pypi-tools.ts'

export class SummaryReporter implements Reporter {
  #allowsSkips = true

  onInit({ config }: Vitest): void {
    this.#allowsSkips =
      process.env['ROLESANYWHERE_TEST_REQUIRE_ALL'] !== '1' || config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0
    let failed = 0
    let skipped = 0
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) failed += 1
      for (const test of module.children.allTests()) {
        const state = test.result().state
        if (state === 'passed') passed += 1
        else if (state === 'failed') failed += 1
        else if (test.fullName.includes(FROM_PYPI)) {
          console.log(`skipped, since PyPI is out of reach or was not asked: ${test.fullName}`)
        } else {
          skipped += 1
          console.log(`skipped: ${test.fullName}`)
        }
      }
    }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
    if (skipped > 0 && !this.#allowsSkips) {
      console.log('this run allows no skip; some tests need to be run by root')
      process.exitCode = 1
    }
  }
}
