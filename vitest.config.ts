import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          // Many wait for a limit of a second or two, and leave the processor to others meanwhile.
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
          // Each command that a test runs is a process, which spends most of its time on the sources of relay and CLI.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
        },
      },
      {
        // The window and the tray on a desktop of their own, with an engine that shows what it is told.
        test: {
          name: 'desktop',
          include: ['test/desktop/**/*.test.ts'],
          globalSetup: ['test/support/desktop-setup.ts'],
          fileParallelism: false,
          // What a window shows comes when it is drawn.
          expect: { poll: { timeout: 8_000 } },
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        // The package: built, installed, started, updated and removed. Needs root.
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/support/package-setup.ts'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        // Each starts real parts of its own; two cores carry one of them at a time.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/company.ts', 'test/support/keycloak/setup.ts'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
})
