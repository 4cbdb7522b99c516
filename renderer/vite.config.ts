import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The one bundle that both hosts serve: relative base, since the desktop serves it from `app://` and the browser from `/`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    target: 'chrome130',
    // No data: URLs: the content security policy lets fonts and images come from the host only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
});
