import { configDefaults, defineConfig } from 'vitest/config'
import { SummaryReporter } from './test/support/summary-reporter.ts'

// `npm run test:vectors` names this mode. Its data lies beside the clone, if at all.
const isVectorRun = (mode: string): boolean => mode === 'vectors'

// `npm run test:binary` names an executable; without one there is nothing to try.
const withoutExecutable =
  process.env['ROLESANYWHERE_EXECUTABLE'] === undefined ? ['test/package/executable.test.ts'] : []

export default defineConfig(({ mode }) => ({
  test: {
    include: [isVectorRun(mode) ? 'test/vectors/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...(isVectorRun(mode) ? [] : ['test/vectors/**']),
      ...withoutExecutable,
    ],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', new SummaryReporter()],
    // Two cores: more workers only fight for them.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
}))
