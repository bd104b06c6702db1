/**
 * Damaged runs and logs against the commands that read one: nothing may crash, and what ends with exit code 0 must say and
 * leave just what it would have without the damage.
 * Run: npx tsx scripts/fuzz/runs.ts --count 200 --seed 1 (see harness.ts)
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeRuntime } from '../../dist/runtime/node.js';
import type { TrainOptions } from '../../dist/train/options.js';
import { startTraining } from '../../dist/workflows/train.js';
import { seededRandom } from '../../src/numeric/random.js';
import { damage, filesIn } from './damage-run.js';
import { encodeNpz } from './encode-npz.js';
import { fuzz } from './harness.js';

const COMMON = ['--quiet', '--threads', '1'];
const trace = (run: string, data: string, out: string) => [
  'trace', run, '--input', `${data}@0,1`, '--input-split', 'train', '--out', out,
]; // prettier-ignore

const trends = (run: string, out: string) => [
  'trends', run, '--every', '5', '--images', '1', '--loss-examples', '10', '--show', '1', '--out', out,
]; // prettier-ignore

/** Finished and stopped runs of two seeds; the stopped ones end between their checkpoints. */
const KINDS = ['finished', 'stopped'] as const;

/** How their updates are stored: as they are, rounded, or as factors. */
const CODECS: Readonly<Record<string, Partial<TrainOptions>>> = {
  int8: { codec: 'int8' },
  lowrank: { codec: 'lowrank', rank: 2 },
};
const CODEC_NAMES = Object.keys(CODECS);

await fuzz({
  name: 'runs',
  async prepare(shared) {
    const at = (name: string) => join(shared, name);
    const random = seededRandom(3, 0);
    const images = Uint8Array.from({ length: 48 * 36 }, () => random.below(256));
    const labels = BigInt64Array.from({ length: 48 }, (_, i) => BigInt(i % 3));
    writeFileSync(at('data.npz'), encodeNpz({ x: ['|u1', [48, 1, 6, 6], images], y: ['<i8', [48], labels] }));
    must('create', 'mlp', '--input-shape', '1,6,6', '--classes', '3', '--hidden', '8', '--out', at('m.onnx'));
    for (const codec of CODEC_NAMES) {
      for (const seed of [1, 2]) await trainAndStop(shared, codec, seed);
      for (const kind of KINDS) {
        must(...trace(at(`${kind}-${codec}-1`), at('data.npz'), at(`${kind}-${codec}-trace`)));
      }
      must(...trends(at(`finished-${codec}-1`), at(`finished-${codec}-trends`)));
      cpSync(at(`stopped-${codec}-1`), at(`resumed-${codec}`), { recursive: true });
      must('train', '--resume', '--out', at(`resumed-${codec}`));
    }
  },

  async play({ random, shared, run, violation }) {
    const at = (name: string) => join(shared, name);
    const kind = KINDS[random.below(KINDS.length)]!;
    const codec = CODEC_NAMES[random.below(CODEC_NAMES.length)]!;
    cpSync(at(`${kind}-${codec}-1`), 'run', { recursive: true });
    const before = bytesOf('run');
    const { what, isResealed } = damage('run', at(`${kind}-${codec}-2`), random);
    const changed = bytesOf('run') !== before;

    const verified = await run('inspect', 'run', '--verify', ...COMMON);
    if (verified.code === 0 && changed && !isResealed) violation(`${what}: verified all the same`);
    if (verified.code === 2 && !changed) violation(`${what}: changed nothing, and yet ${verified.stderr}`);
    const traced = await run(...trace('run', at('data.npz'), 'traced'), ...COMMON);
    if (traced.code === 0 && !isResealed && queriesOf('traced') !== queriesOf(at(`${kind}-${codec}-trace`))) {
      violation(`${what}: another explanation`);
    }
    const measured = await run(...trends('run', 'measured'), ...COMMON);
    if (measured.code === 0 && !isResealed && seriesOf('measured') !== seriesOf(at(`finished-${codec}-trends`))) {
      violation(`${what}: other trends`);
    }
    if (kind === 'finished') return;
    const resumed = await run('train', '--resume', '--out', 'run', ...COMMON);
    if (resumed.code !== 0 || isResealed) return;
    if (contents('run') !== contents(at(`resumed-${codec}`))) violation(`${what}: resumed to another run`);
  },
});

/** Runs a command that cannot fail. */
function must(...argv: string[]): void {
  execFileSync(process.execPath, [new URL('../../dist/cli/main.js', import.meta.url).pathname, ...argv, ...COMMON]);
}

/** Trains, and keeps the run also as it is after its second checkpoint: as if the process had been killed there. */
async function trainAndStop(shared: string, codec: string, seed: number): Promise<void> {
  const finished = join(shared, `finished-${codec}-${seed}`);
  await startTraining({
    modelPath: join(shared, 'm.onnx'),
    dataSpec: join(shared, 'data.npz'),
    runDirectory: finished,
    options: {
      epochs: 3,
      batchSize: 6,
      checkpointEvery: 7,
      keepCheckpoints: 3,
      ...CODECS[codec],
      seed,
    },
    runtime: nodeRuntime({ threads: 1 }),
    onProgress: ({ step }) => {
      if (step !== 14) return;
      const isOfTheRun = (path: string) => !path.endsWith('train.lock');
      cpSync(finished, join(shared, `stopped-${codec}-${seed}`), { recursive: true, filter: isOfTheRun });
    },
  });
}

/** All files, byte by byte. */
function bytesOf(run: string): string {
  return filesIn(run)
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(run, name)))
          .digest('hex')}`,
    )
    .join();
}

/** Hashes of all files; of the manifest what does not say where its data are, as seen from the run. */
function contents(run: string): string {
  const files = filesIn(run).map((name) => {
    const bytes = readFileSync(join(run, name));
    return [name, name === 'run.json' ? withoutPlaces(bytes) : createHash('sha256').update(bytes).digest('hex')];
  });
  return JSON.stringify(files);
}

function withoutPlaces(bytes: Buffer): string {
  try {
    const manifest = JSON.parse(bytes.toString()) as { data: object };
    return JSON.stringify({ ...manifest, checksum: '', data: { ...manifest.data, path: '', fromRun: '' } });
  } catch {
    return bytes.toString('hex');
  }
}

function queriesOf(out: string): string {
  return JSON.stringify((JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as { queries: unknown }).queries);
}

function seriesOf(out: string): string {
  const { series, loss } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Record<string, unknown>;
  return JSON.stringify({ series, loss });
}
