/**
 * Whether a deep graph network uses its depth ([Pfahler & Morik 2021], "Explanations for Graph Classification"), on MUTAG with
 * `gin`: five layers beside one, each trained on nine tenths of the graphs and judged on the last, for all ten of them.
 *
 *   npm run build && npx tsx scripts/experiments/mutag.ts [--graphs ../shared/data/graphs/MUTAG.txt] [--out experiments/mutag]
 *     [--folds 10] [--epochs 60] [--threads 2]
 *
 * Prints tables in Markdown. What is done of an experiment that was stopped is not done again. Pictures of the first fold are in `<out>/deep-0-trace` and `<out>/shallow-0-trace`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset } from '../../dist/data/open-dataset.js';
import type { TraceResult } from '../../dist/results/trace.js';
import type { RunManifest } from '../../dist/run/manifest.js';
import { bytesBelow, markdown, onnxExplain, percent, readJson } from './commands.js';
import { specificityOf, type Specificity } from './specificity.js';

const { values } = parseArgs({
  options: {
    graphs: { type: 'string', default: '../shared/data/graphs/MUTAG.txt' },
    out: { type: 'string', default: 'experiments/mutag' },
    folds: { type: 'string', default: '10' },
    epochs: { type: 'string', default: '60' },
    threads: { type: 'string', default: '2' },
  },
});
const TENTHS = 10;
const NETWORKS = { deep: '5', shallow: '1' } as const;
mkdirSync(values.out, { recursive: true });

/** The graphs of a file, each as its lines, by class. */
function graphsOf(text: string): Map<string, string[][]> {
  const lines = text.trim().split(/\r?\n/);
  const byClass = new Map<string, string[][]>();
  for (let at = 1; at < lines.length;) {
    const [nodes, label] = lines[at]!.trim().split(/\s+/);
    const graph = lines.slice(at, at + Number(nodes) + 1);
    byClass.set(label!, [...(byClass.get(label!) ?? []), graph]);
    at += graph.length;
  }
  return byClass;
}

/** Of a file of graphs every tenth of each class is held out: so the graphs of a class move on by one for each fold. */
function writeFold(fold: number): { path: string; heldOut: number } {
  const graphs = [...graphsOf(readFileSync(values.graphs, 'utf8')).values()];
  const moved = graphs.map((own) => [...own.slice(fold), ...own.slice(0, fold)]).flat();
  const path = join(values.out, `fold-${fold}.txt`);
  writeFileSync(path, [moved.length, ...moved.flat()].join('\n') + '\n');
  return { path, heldOut: graphs.reduce((sum, own) => sum + Math.floor(own.length / TENTHS), 0) };
}

interface Outcome {
  readonly accuracy: number;
  readonly specificity: readonly Specificity[];
  readonly trainSeconds: number;
  readonly traceSeconds: number;
  readonly steps: number;
  readonly logBytes: number;
}

async function experiment(network: keyof typeof NETWORKS, fold: number): Promise<Outcome> {
  const name = join(values.out, `${network}-${fold}`);
  if (existsSync(`${name}.json`)) return readJson<Outcome>(`${name}.json`);
  const { path, heldOut } = writeFold(fold);
  const { shape } = await openDataset(path);
  const common = ['--threads', values.threads, '--quiet'];
  onnxExplain(
    'create',
    'gin',
    '--depth',
    NETWORKS[network],
    '--input-shape',
    shape.join(),
    '--classes',
    '2',
    '--seed',
    String(fold),
    '--out',
    `${name}.onnx`,
    '--force',
  );
  const trainSeconds = onnxExplain(
    ...['train', '--model', `${name}.onnx`, '--data', path, '--out', `${name}-run`, '--force', '--seed', String(fold)],
    ...['--sampler', 'single-class', '--batch-size', '32', '--ghost-size', '18'],
    ...['--optimizer', 'nesterov', '--lr', '0.001', '--epochs', values.epochs],
    ...['--lr-steps', String(Math.round(Number(values.epochs) * 0.8)), '--lr-factor', '0.1', ...common],
  );
  const inputs = `${path}@${Array.from({ length: heldOut }, (_, i) => i).join()}`;
  const traceSeconds = onnxExplain(
    ...['trace', `${name}-run`, '--input', inputs, '--split', 'batch', '--out', `${name}-trace`, '--force', ...common],
  );
  const manifest = readJson<RunManifest>(join(`${name}-run`, 'run.json'));
  const logBytes = bytesBelow(join(`${name}-run`, 'log'));
  // A log of a deep network takes gigabytes; that of the first fold is kept to look at.
  if (fold > 0) rmSync(`${name}-run`, { recursive: true });
  const outcome: Outcome = {
    accuracy: manifest.epochs.at(-1)!.testAccuracy!,
    specificity: specificityOf(readJson<TraceResult>(join(`${name}-trace`, 'result.json'))),
    trainSeconds,
    traceSeconds: traceSeconds / heldOut,
    steps: manifest.steps,
    logBytes,
  };
  writeFileSync(`${name}.json`, JSON.stringify(outcome));
  return outcome;
}

const folds = Array.from({ length: Number(values.folds) }, (_, fold) => fold);
const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const spread = (numbers: readonly number[]) =>
  Math.sqrt(mean(numbers.map((value) => (value - mean(numbers)) ** 2)) / Math.max(1, numbers.length - 1));
const withError = (numbers: readonly number[]) =>
  `${(100 * mean(numbers)).toFixed(1)} ± ${(100 * spread(numbers)).toFixed(1)} %`;

const rows: string[][] = [['network', 'test accuracy', 'updates', 'log', 'training', 'an explanation']];
const outcomes = { deep: [] as Outcome[], shallow: [] as Outcome[] };
for (const network of Object.keys(NETWORKS) as (keyof typeof NETWORKS)[]) {
  const own = outcomes[network];
  for (const fold of folds) own.push(await experiment(network, fold));
  const of = (what: (outcome: Outcome) => number) => mean(own.map(what));
  rows.push([
    `gin, ${NETWORKS[network]} layer${network === 'deep' ? 's' : ''}`,
    withError(own.map(({ accuracy }) => accuracy)),
    of(({ steps }) => steps).toFixed(0),
    `${(of(({ logBytes }) => logBytes) / 1e6).toFixed(0)} MB`,
    `${of(({ trainSeconds }) => trainSeconds).toFixed(1)} s`,
    `${of(({ traceSeconds }) => traceSeconds).toFixed(2)} s`,
  ]);
}
console.log(markdown(rows));
for (const network of ['deep', 'shallow'] as const) {
  const layers = outcomes[network][0]!.specificity.map(({ layer }, i) => {
    const own = outcomes[network].map(({ specificity }) => specificity[i]!);
    return [
      layer,
      withError(own.map(({ leads }) => leads)),
      withError(own.map(({ contrastLeads }) => contrastLeads)),
      mean(own.map(({ cosineGap }) => cosineGap)).toFixed(3),
      percent(mean(own.map(({ ownOfSeven }) => ownOfSeven)) / 7),
    ];
  });
  const head = ['layer', 'decided class leads by γ', 'by contrast', 'gap of cosines', 'of the first seven'];
  console.log(`\n${network}\n\n${markdown([head, ...layers])}`);
}
