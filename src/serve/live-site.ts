/** The live page as a site (Node only): its scripts, ONNX Runtime, the model, and examples to compare with. */
import { readFile } from 'node:fs/promises';
import { openDataset } from '../data/open-dataset.js';
import type { Dataset } from '../data/dataset.js';
import { encodeModel } from '../onnx/codec.js';
import type { Model } from '../onnx/model.js';
import type { LiveConfig, LiveModel } from '../report/app/live/config.js';
import { liveStyles } from '../report/app/live/styles.js';
import { html } from '../report/html.js';
import { pageStyles } from '../report/app/styles/page-styles.js';
import { examplesFor } from './examples.js';
import { onnxRuntimeFiles } from './onnx-runtime.js';
import { bytesResource, textResource, typeOf, type Resource, type Site } from './site.js';

/** What the page is about. */
export interface LiveRequest {
  readonly title: string;
  readonly model?: { readonly of: Omit<LiveModel, 'url'>; readonly model: Model } | undefined;
  readonly train?: Dataset | undefined;
  readonly remarks: readonly string[];
}

/** Scripts of ours, and WebAssembly; nothing from elsewhere, and nothing that a name in a file could bring in. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; " +
  "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SAMPLE = 'fashion-mnist-sample';

/** Bundled by `scripts/bundle-pages.mjs`. */
const SCRIPTS = ['page.js', 'worker.js'];

/**
 * The live page and all that it needs.
 * @param at what its paths begin with: empty, or a folder with a slash behind it
 * @throws InputError when onnxruntime-web is not installed
 */
export async function liveSite(request: LiveRequest, at = ''): Promise<Site> {
  const runtime = onnxRuntimeFiles(POLICY);
  const site: Site = new Map();
  const put = (path: string, resource: Resource) => site.set(at + path, resource);
  for (const [name, resource] of runtime) put(`ort/${name}`, resource);
  for (const name of SCRIPTS) {
    const file = new URL(`../live/${name}`, import.meta.url);
    put(name, { type: typeOf(name), policy: POLICY, read: () => readFile(file) });
  }
  put('live.css', textResource(typeOf('live.css'), pageStyles() + liveStyles));
  put('', textResource(typeOf('index.html'), pageText(request.title), POLICY));
  const offer = async (path: string, data: Dataset) => {
    const { examples, resource } = await examplesFor(path, data);
    put(path, resource);
    return examples;
  };
  const sampleOf = async (split: 'train' | 'test') =>
    offer(`sample/${split}.bin`, await openDataset(SAMPLE, { split }));
  if (request.model) put('model.onnx', bytesResource('application/octet-stream', encodeModel(request.model.model)));
  const config: LiveConfig = {
    title: request.title,
    model: request.model && { ...request.model.of, url: 'model.onnx' },
    examples: request.train && (await offer('examples.bin', request.train)),
    sample: { train: await sampleOf('train'), test: await sampleOf('test') },
    remarks: request.remarks,
  };
  put('live.json', textResource(typeOf('live.json'), JSON.stringify(config)));
  return site;
}

function pageText(title: string): string {
  const page = html(
    'html',
    { lang: 'en' },
    html(
      'head',
      {},
      html('meta', { charset: 'utf-8' }),
      html('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      html('meta', { name: 'color-scheme', content: 'light dark' }),
      html('title', {}, `${title}, live`),
      html('link', { rel: 'icon', href: 'data:,' }),
      html('link', { rel: 'stylesheet', href: 'live.css' }),
      html('script', { type: 'module', src: 'page.js' }),
    ),
    html(
      'body',
      {},
      html('div', { id: 'live' }, html('noscript', {}, 'This page computes in the browser, by a script.')),
    ),
  );
  return `<!doctype html>\n${page.markup}\n`;
}
