/** The browser entry, bundled for a browser: nothing of Node in it, and small. */
import { builtinModules } from 'node:module';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

/** Whatever a browser does not have, with the file that imports it. */
async function foreignTo(entry: string): Promise<{ readonly foreign: string[]; readonly bytes: number }> {
  const foreign: string[] = [];
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    external: ['onnxruntime-web', 'onnxruntime-web/*'],
    plugins: [
      {
        name: 'foreign',
        setup: (bundle) =>
          bundle.onResolve({ filter: /.*/ }, ({ path, importer }) => {
            const isBuiltin = path.startsWith('node:') || builtinModules.includes(path.split('/')[0]!);
            if (!isBuiltin && !/^(?:sharp|#?onnxruntime-node)/.test(path)) return undefined;
            foreign.push(`${path} in ${importer}`);
            return { path, external: true };
          }),
      },
    ],
  });
  return { foreign, bytes: outputFiles[0]!.contents.length };
}

test('the browser entry needs nothing of Node, and takes half a megabyte', async () => {
  const { foreign, bytes } = await foreignTo('dist/web/index.js');
  expect(foreign).toEqual([]);
  expect(bytes).toBeLessThan(550_000);
});

test('an import of Node is found', async () => {
  const { foreign } = await foreignTo('dist/files.js');
  expect(foreign).toContainEqual(expect.stringMatching(/^node:fs\S* in .*disk.store\.js$/));
});
