/**
 * What influence costs beside the training that it replays: the quick start's run, one input, each further one, and the mean
 * loss over the test split, in turn, as processes with everything that they start and write.
 *
 *   npm run build && npx tsx scripts/bench/influence.ts [--rounds 3] [--network lenet-bn] [--sampler single-class]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    network: { type: 'string', default: 'lenet-bn' },
    further: { type: 'string', default: '8' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'bench-influence-'));
const at = (name: string) => join(folder, name);
const DATA = 'fashion-mnist-sample';
const further = Number(values.further);

/** Seconds of a command. */
function seconds(...args: string[]): number {
  const began = performance.now();
  execFileSync('node', ['dist/cli/main.js', ...args, '--quiet', '--force'], { stdio: 'ignore' });
  return (performance.now() - began) / 1000;
}

const inputs = (count: number) => `${DATA}@${Array.from({ length: count }, (_, i) => 3 + 10 * i).join(',')}`;
execFileSync(
  'node',
  ['dist/cli/main.js', 'create', values.network, '--activation', 'gelu', '--out', at('model.onnx')],
  { stdio: 'ignore' },
);
const schedule =
  '--sampler single-class --batch-size 128 --ghost-size 40 --epochs 8 --lr 0.004 --lr-steps 6 --lr-factor 0.2';
const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!;
const rows: number[][] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const train = seconds(
    'train',
    '--model',
    at('model.onnx'),
    '--data',
    DATA,
    '--out',
    at('run'),
    ...schedule.split(' '),
  );
  const ask = (...args: string[]) => seconds('influence', at('run'), '--out', at('out'), ...args);
  const one = ask('--input', inputs(1));
  const many = ask('--input', inputs(1 + further));
  const loss = ask('--measure', 'test-loss');
  rows.push([train, one / train, (many - one) / further / train, loss / train]);
  console.log(
    `train ${train.toFixed(1)} s; one input ${one.toFixed(1)} s, ${(one / train).toFixed(2)} ×; each further ` +
      `${((many - one) / further / train).toFixed(2)} ×; test loss ${(loss / train).toFixed(2)} ×`,
  );
}
const [, one, each, loss] = [0, 1, 2, 3].map((column) => median(rows.map((row) => row[column]!)));
console.log(
  `medians: one input ${one!.toFixed(2)} ×, each further ${each!.toFixed(2)} ×, test loss ${loss!.toFixed(2)} ×`,
);
rmSync(folder, { recursive: true, force: true });
