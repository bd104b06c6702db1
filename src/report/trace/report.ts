/** Writes the report of a trace result: one page, and each plot as SVG and PNG (Node only). */
import { join } from 'node:path';
import { writeAtomically } from '../../files.js';
import type { TraceExample, TraceQuery, TraceResult } from '../../results/trace.js';
import { folderNames } from '../../folder-names.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { writePlot } from '../write-plot.js';
import { layerPanel, layerRidges } from './figures.js';
import { tracePage, type LayerView, type QueryView } from './page.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownQueries = 24;

/**
 * Writes `index.html`, and for each input and layer `query-<i>/<layer>/ridge.svg`, `ridge.png` and, for image data,
 * `panel.svg`, `panel.png`. The page needs none of the other files.
 * @throws InputError when a file cannot be written
 */
export async function writeTraceReport(
  outDir: string,
  result: TraceResult,
  pictures: PictureSource = noPictures,
): Promise<void> {
  const views = await traceViews(result, pictures);
  for (const [q, { query, image, layers }] of views.entries()) {
    const folders = layerFolders(query);
    for (const [l, { layer, examples, opponents, ridges }] of layers.entries()) {
      const folder = join(outDir, `query-${q}`, folders[l]!);
      await writePlot(folder, 'ridge', ridges);
      if ([...examples, ...opponents].some((example) => example.image)) {
        const panel = layerPanel(query, layer, image, examples, opponents, result.classNames);
        await writePlot(folder, 'panel', panel);
      }
    }
  }
  await writeAtomically(join(outDir, 'index.html'), tracePage(result, views));
}

/** What the page shows of each input: its pictures and its ridge plots. */
export async function traceViews(result: TraceResult, pictures: PictureSource): Promise<QueryView[]> {
  const cache = cachedPictures(pictures);
  const withPictures = (examples: readonly TraceExample[]) =>
    Promise.all(examples.map(async (example) => ({ ...example, image: await cache.train(example.index) })));
  const views: QueryView[] = [];
  for (const [q, query] of result.queries.slice(0, shownQueries).entries()) {
    const layers: LayerView[] = [];
    for (const layer of query.layers) {
      layers.push({
        layer,
        examples: await withPictures(layer.examples),
        opponents: await withPictures(layer.opponents),
        ridges: layerRidges(query, layer),
      });
    }
    views.push({ query, image: await cache.query(q), layers });
  }
  return views;
}

/** Folder of each layer of a query. */
export function layerFolders(query: TraceQuery): string[] {
  return folderNames(query.layers.map(({ layer }) => layer));
}
