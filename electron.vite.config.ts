import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { recordPackages } from './build/bundled-packages.ts'

/** What the bundles may use: Electron 33 (Node 20.18, Chromium 130) and everything newer. */
const oldest = { node: 'node20.18', chrome: 'chrome130' }

export default defineConfig({
  main: {
    plugins: [recordPackages('main')],
    build: {
      outDir: 'dist/desktop/main',
      target: oldest.node,
      externalizeDeps: false,
      minify: true,
      rolldownOptions: {
        input: { index: 'main/index.ts' },
        output: { format: 'es', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    plugins: [recordPackages('preload')],
    build: {
      outDir: 'dist/desktop/preload',
      target: oldest.node,
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: 'main/preload.ts' },
        // A sandboxed preload script is CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    base: './',
    plugins: [react(), recordPackages('renderer')],
    build: {
      outDir: 'dist/desktop/renderer',
      target: oldest.chrome,
      minify: true,
      // Fonts stay files: the page's policy allows no data: URLs.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: 'renderer/index.html' },
    },
  },
})
