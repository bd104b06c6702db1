/**
 * What tsc leaves undone: generated modules are copied to dist, what has no source any more goes, ONNX Runtime is put beside
 * them, the scripts of pages are bundled, names of options, what shells complete, the schema of results and the manual page are
 * written, and the command is made
 * executable.
 */
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleLive, bundleReport } from './bundle-pages.mjs';
import { placeOnnxRuntime } from './package/onnxruntime.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const ONNX_RUNTIME = 'dist/onnxruntime-node';
const LIVE = 'dist/live';
for (const folder of ['onnx/gen', 'log/gen']) {
  if (existsSync(`src/${folder}`)) cpSync(`src/${folder}`, `dist/${folder}`, { recursive: true });
}
// A file that has moved would otherwise still be found at its old place.
for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  const file = `${entry.parentPath}/${entry.name}`;
  const built = /^dist\/(.*)(\.js|\.js\.map|\.d\.ts)$/.exec(file);
  if (
    built &&
    !file.startsWith(`${ONNX_RUNTIME}/`) &&
    !file.endsWith('.bundle.js') &&
    !file.startsWith(`${LIVE}/`) &&
    !existsSync(`src/${built[1]}.ts`) &&
    !existsSync(`src/${built[1]}.tsx`) &&
    !existsSync(`src/${built[1]}.js`) &&
    !existsSync(file.replace('dist/', 'src/'))
  )
    rmSync(file);
}
placeOnnxRuntime(ONNX_RUNTIME);
await bundleReport('dist/report/app.bundle.js');
await bundleLive(LIVE);
// Messages name options of any command, and a process loads one command only.
const { optionNames } = await import('../dist/cli/option-names.js');
writeFileSync('dist/cli/option-names.json', JSON.stringify(await optionNames()));
// What other programs check results by follows from what we check them by.
await import('./generate-schema.mjs');
// A shell asks for completions at every press of a key.
const { completions } = await import('../dist/cli/completion/collect.js');
writeFileSync('dist/cli/completions.json', JSON.stringify(await completions()));
const { writeManPage } = await import('./man/build.mjs');
await writeManPage('dist/onnx-explain.1');
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755);
