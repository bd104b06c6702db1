/** The report of a trace result: one page, and each plot as SVG and PNG (Node only). */
import { join } from 'node:path';
import type { TraceExample, TraceQuery, TraceResult } from '../../results/trace.js';
import { folderNames } from '../../folder-names.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { layerPanel, layerRidges, type PicturedExample } from './figures.js';
import type { TraceLayer } from '../../results/trace.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import { pageSheets, reportPage } from '../page/report-page.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownQueries = 24;
/** Examples shown on either side; likewise. */
const shownExamples = 120;

/**
 * Makes `index.html`, and for each input and layer `query-<i>/<layer>/ridge.svg`, `ridge.png` and, for image data,
 * `panel.svg`, `panel.png` where the list says something of the input. The page needs none of the other files.
 */
export async function traceReport(result: TraceResult, pictures: PictureSource = noPictures): Promise<ReportFiles> {
  const files = createReportFiles();
  const views = await traceViews(result, pictures);
  for (const [q, { query, image, layers }] of views.entries()) {
    if (query.undecided !== undefined) continue;
    const folders = layerFolders(query);
    for (const [l, { layer, examples, opponents, ridges }] of layers.entries()) {
      const folder = join(`query-${q}`, folders[l]!);
      await files.plot(folder, 'ridge', ridges);
      if (layer.evidence !== false && [...examples, ...opponents].some((example) => example.image)) {
        const { classNames, split = 'batch' } = result;
        const panel = layerPanel(query, layer, image, examples, opponents, classNames, split);
        await files.plot(folder, 'panel', panel);
      }
    }
  }
  const sheets = await pageSheets(result, pictures);
  files.page(reportPage([{ name: 'trace', result, sheets }]), sheets);
  return files;
}

/** A layer with its pictures and its ridge plot. */
interface LayerView {
  readonly layer: TraceLayer;
  readonly examples: readonly PicturedExample[];
  readonly opponents: readonly PicturedExample[];
  readonly ridges: string | undefined;
}

/** A query with its pictures. */
interface QueryView {
  readonly query: TraceQuery;
  readonly image: EmbeddedImage | undefined;
  readonly layers: readonly LayerView[];
}

/** What is drawn of each input: its pictures and its ridge plots. */
async function traceViews(result: TraceResult, pictures: PictureSource): Promise<QueryView[]> {
  const cache = cachedPictures(pictures);
  const withPictures = (examples: readonly TraceExample[]) =>
    Promise.all(
      examples
        .slice(0, shownExamples)
        .map(async (example) => ({ ...example, image: await cache.train(example.index) })),
    );
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
