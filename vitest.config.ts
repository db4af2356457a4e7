import { configDefaults, defineConfig } from 'vitest/config'
import { SummaryReporter } from './test/support/summary-reporter.ts'

// `npm run test:vectors` names this mode. Its data lies beside the clone, if at all.
const isVectorRun = (mode: string): boolean => mode === 'vectors'

export default defineConfig(({ mode }) => ({
  test: {
    include: [isVectorRun(mode) ? 'test/vectors/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...(isVectorRun(mode) ? [] : ['test/vectors/**']),
      // What is special about the one-file executable: `npm run test:binary` names the file.
      ...('ROLESANYWHERE_EXECUTABLE' in process.env ? [] : ['test/package/executable.test.ts']),
    ],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', new SummaryReporter()],
    // Two cores: more workers only fight for them.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
}))
