/** The script of report pages: one file that a page carries inside. */
import { build } from 'esbuild';

await build({
  entryPoints: ['dist/report/app/main.js'],
  outfile: 'dist/report/app.bundle.js',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  platform: 'browser',
  legalComments: 'none',
  logLevel: 'warning',
});
