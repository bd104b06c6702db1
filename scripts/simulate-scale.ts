/**
 * What a trace of a 1 TB log, of 10⁸ examples, for 10⁴ inputs takes: a model of it, and the model held against a run of a
 * thousandth of that size which is made, divided, merged and measured on this machine (Linux). `docs/scale.md` has what it prints.
 * Run after a build: npx tsx scripts/simulate-scale.ts [--scale 1000] [--shards 4] [--folder /tmp/…]
 * Needs 1.5 GB on the disk, and some three minutes.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ratesOn } from './scale/calibrate.js';
import { storeSettings, take, type Taken } from './scale/command.js';
import { ASSUMED, fromStorage, inTheCloud, secondsOf, volumesOf, type Rates, type Sizes } from './scale/model.js';
import { serveSlowly } from './scale/slow-store.js';
import { writeSmallSet } from './scale/small-set.js';

const { values: options } = parseArgs({
  options: {
    scale: { type: 'string', default: '1000' },
    shards: { type: 'string', default: '4' },
    folder: { type: 'string', default: tmpdir() },
  },
});

const VECTOR = 64;
const HIDDEN = [512, 512];
const widths = [VECTOR, ...HIDDEN, 10];
const common = {
  layers: HIDDEN.concat(10).map((units, i) => ({ units, inputs: widths[i]! })),
  batch: 120,
  references: 32,
  exampleBytes: 4 * (VECTOR + 1),
};
const whole: Sizes = { ...common, examples: 1e8, queries: 1e4, shards: 256 };
const scale = Number(options.scale);
const small: Sizes = {
  ...common,
  examples: whole.examples / scale,
  queries: Math.max(1, whole.queries / scale),
  shards: Number(options.shards),
};

mkdirSync(options.folder, { recursive: true });
const folder = mkdtempSync(join(options.folder, 'simulate-scale-'));

function bytesBelow(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, { parentPath, name }) => total + statSync(join(parentPath, name)).size, 0);
}

async function trainOn({ examples, batch }: Sizes, run: string): Promise<Taken> {
  writeSmallSet(join(folder, `${run}.npz`), examples, VECTOR);
  return take(folder, [
    ...['train', '--model=m.onnx', `--data=${run}.npz`, `--out=${run}`],
    ...['--epochs=1', `--batch-size=${batch}`, '--codec=float32', '--lr=0.05'],
  ]);
}

const rows: string[][] = [];
function compare(what: string, unit: number, name: string, predicted: number, measured: number): void {
  const shown = (value: number) => `${(value / unit).toPrecision(3)} ${name}`;
  rows.push([what, shown(predicted), shown(measured), (measured / predicted).toFixed(2)]);
}

function print(heading: readonly string[], lines: readonly (readonly string[])[]): void {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log([row(heading), row(heading.map(() => '---')), ...lines.map(row)].join('\n'), '\n');
}

async function measured(rates: Rates, training: Taken): Promise<void> {
  const volumes = volumesOf(small);
  const seconds = secondsOf(small, rates);
  compare('log', 1e9, 'GB', volumes.log, bytesBelow(join(folder, 'run/log')) - stepsBytes());
  compare('records of steps', 1e3, 'kB', volumes.records, stepsBytes());
  const shards: Taken[] = [];
  for (let shard = 1; shard <= small.shards; shard++) {
    shards.push(await take(folder, [...asked('run'), ...[`--shard=${shard}/${small.shards}`, '--out=parts']]));
  }
  const total = (value: (each: Taken) => number) => shards.reduce((all, each) => all + value(each), 0);
  const all = ({ read }: Taken) => read;
  compare(
    'read by the shards',
    1e9,
    'GB',
    volumes.read + volumes.dataRead + small.shards * rates.startBytes,
    total(all),
  );
  compare(
    'the shards, processor',
    1,
    's',
    seconds.start + seconds.read + seconds.compute,
    total(({ cpu }) => cpu),
  );
  compare('the shards’ files', 1e6, 'MB', volumes.partials, bytesBelow(join(folder, 'parts')));
  await throughStore(rates);
  const merge = await take(folder, ['merge', 'parts', '--out=why']);
  compare('the merge, processor', 1, 's', seconds.merge, merge.cpu);
  const exact = await take(folder, [...asked('run').slice(0, 4), '--no-map', '--shard=1/1', '--out=exact']);
  compare('an exact split’s files', 1e6, 'MB', volumes.exactPartials, bytesBelow(join(folder, 'exact')));
  console.log(`exact split: ${exact.cpu.toFixed(0)} s of processor, ${mb(exact.memory)}`);
  console.log(
    `training: ${training.cpu.toFixed(1)} s of processor, ${training.wall.toFixed(1)} s on the clock; a shard's memory: ${mb(Math.max(...shards.map((each) => each.memory)))}; the merge's: ${mb(merge.memory)}`,
  );
  console.log(
    `result.json: ${(statSync(join(folder, 'why/result.json')).size / small.queries / 1e3).toFixed(1)} kB an input\n`,
  );
}

/** The shards once more, all at once, with the run in a store that answers as late as is assumed. */
async function throughStore(rates: Rates): Promise<void> {
  const store = await serveSlowly(folder, ASSUMED.firstByte);
  try {
    const settings = storeSettings(store.endpoint);
    const words = (shard: number) => [
      ...asked('s3://bucket/run'),
      ...[`--shard=${shard}/${small.shards}`, '--out=from-store'],
    ];
    const shards = await Promise.all(
      Array.from({ length: small.shards }, (_, i) => take(folder, words(i + 1), settings)),
    );
    const predicted = fromStorage(small, rates, availableParallelism());
    compare('requests to a slow store', 1, '', predicted.requests, store.requests());
    const cpu = shards.reduce((all, each) => all + each.cpu, 0);
    compare('the shards with it, processor', 1, 's', predicted.processor, cpu);
    const slowest = Math.max(...shards.map(({ wall }) => wall));
    compare('the slowest of them, on the clock', 1, 's', predicted.shard, slowest);
  } finally {
    store.close();
  }
}

const asked = (run: string) => [
  'trace',
  run,
  '--data=run.npz',
  `--input=run.npz@0-${small.queries - 1}`,
  '--split=batch',
  '--no-map',
];

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function stepsBytes(): number {
  const log = join(folder, 'run/log');
  return readdirSync(log).reduce((total, segment) => total + statSync(join(log, segment, 'steps.log')).size, 0);
}

/** What the whole takes: a line for `HEADING`. */
function described(sizes: Sizes, rates: Rates): string[] {
  const volumes = volumesOf(sizes);
  const seconds = secondsOf(sizes, rates);
  const cloud = inTheCloud(sizes, rates);
  const short = (value: number) =>
    value < 1000 ? String(Number(value.toPrecision(2))) : Math.round(value).toLocaleString('en');
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return [
    sizes.queries.toLocaleString('en') + (sizes.sharesPasses ? ', passes shared' : ''),
    sizes.shards.toLocaleString('en'),
    volumes.passes.toLocaleString('en'),
    short(volumes.read / 1e12),
    short(volumes.requests / 1e6),
    short((seconds.read + volumes.read / rates.fetched) / 3600),
    short(seconds.compute / 3600),
    short(cloud.shardHours),
    share(cloud.waitingShare),
    share(cloud.openingShare),
    short(volumes.partials / 1e12),
    short(cloud.mergeHours),
    short(cloud.dollars),
  ];
}

const HEADING = [
  ...['inputs', 'shards', 'passes', 'log read, TB', 'requests, M', 'reading, core hours', 'computing, core hours'],
  ...['shards, hours', 'waiting', 'for the data', 'shards’ files, TB', 'merge, hours', '$'],
];

try {
  await take(folder, ['create', 'mlp', `--hidden=${HIDDEN.join()}`, `--input-shape=${VECTOR}`, '--out=m.onnx']);
  const quarter = { ...small, examples: small.examples / 4 };
  await trainOn(quarter, 'small');
  const rates = await ratesOn(folder, 'small.npz', quarter);
  console.log(
    (Object.entries(rates) as [keyof Rates, number][])
      .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
      .join(', '),
    '\n',
  );
  const training = await trainOn(small, 'run');
  await measured(rates, training);
  print(['', 'predicted', 'measured', 'ratio'], rows);
  const plans: Sizes[] = [
    ...[16, 64, 256, 1024].map((shards) => ({ ...whole, queries: 1, shards })),
    { ...whole, queries: 100 },
    whole,
    { ...whole, sharesPasses: true },
  ];
  const lines = plans.map((plan) => described(plan, rates));
  print(HEADING, lines);
  const { steps, log, records, data, mergeBytes, additions, recordsRead, rankings } = volumesOf(whole);
  const big = (value: number, unit: number, name: string) => `${(value / unit).toPrecision(3)} ${name}`;
  console.log(
    `whole: ${steps.toLocaleString('en')} steps; log ${big(log, 1e12, 'TB')}, records ${big(records, 1e9, 'GB')}, ` +
      `data ${big(data, 1e9, 'GB')}; the merge holds ${big(mergeBytes, 1e9, 'GB')}, reads ${big(recordsRead, 1e12, 'TB')} of ` +
      `records, adds ${additions.toExponential(1)} numbers, ranks ${rankings.toExponential(1)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
