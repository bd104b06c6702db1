/** Bundles the scripts of pages: of reports, which a page carries inside, and of the live page, which a server of ours hands out beside onnxruntime-web. */
import { build } from 'esbuild';

/** Where the server has the two builds of ONNX Runtime, seen from the scripts. */
const RUNTIMES = {
  'onnxruntime-web': './ort/ort.wasm.bundle.min.mjs',
  'onnxruntime-web/webgpu': './ort/ort.webgpu.bundle.min.mjs',
};

/**
 * @param {string} out folder for `page.js` and `worker.js`
 */
export async function bundleLive(out) {
  await build({
    entryPoints: ['dist/web/live/page.js', 'dist/web/live/worker.js'],
    outdir: out,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    platform: 'browser',
    legalComments: 'linked',
    logLevel: 'warning',
    plugins: [
      {
        name: 'beside the page',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^onnxruntime-web/ }, ({ path }) => ({ path: RUNTIMES[path], external: true })),
      },
    ],
  });
}

/**
 * @param {string} out the one file that a page carries
 */
export async function bundleReport(out) {
  await build({
    entryPoints: ['dist/report/app/main.js'],
    outfile: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    legalComments: 'none',
    logLevel: 'warning',
  });
}
