/**
 * Damaged data files (arrays, IDX, CIFAR, graphs, tables, archives and folders of pictures, single pictures) against the commands that read them.
 * Run: npx tsx scripts/fuzz/data.ts --count 200 --seed 1 (see harness.ts)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import type { Random } from '../../src/numeric/random.js';
import { float32 } from '../../src/tensor.js';
import { damagedData, damagedPicture } from './data-kinds.js';
import { fuzz } from './harness.js';

/** A linear classifier of two classes on a vector. */
function linear(size: number): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', size]);
  const weights = Float32Array.from({ length: 2 * size }, (_, i) => Math.sin(i) / size);
  const weight = g.initializer('weight', float32(weights, [2, size]));
  g.add(makeNode('Gemm', [x, weight, g.initializer('bias', float32([0, 0]))], [g.reserve('scores')], { transB: 1 }));
  g.output('scores', 'float32', ['batch', 2]);
  return encodeModel(g.model());
}

/** What brings most data sets to a size, some of them by force. */
function shaping(random: Random): string[] {
  const options = [
    [],
    [],
    ['--resize', '4x4'],
    ['--channels', '1'],
    ['--resize', '5x3', '--channels', '3'],
    ['--std', '1/255'],
  ];
  return options[random.below(options.length)]!;
}

await fuzz({
  name: 'data',
  async play({ random, run }) {
    const common = ['--quiet', '--threads', '1'];
    const how = shaping(random);
    if (random.below(4) === 0) {
      const { name, bytes } = damagedPicture(random);
      writeFileSync(name, bytes);
      writeFileSync('model.onnx', linear(12 * 17 * 3));
      await run(
        'attribute',
        '--model',
        'model.onnx',
        '--input',
        name,
        '--method',
        'gradient',
        '--out',
        'o',
        ...how,
        ...common,
      );
      return;
    }
    const { spec, files, size } = damagedData(random);
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
    writeFileSync('model.onnx', linear(size));
    const model = ['--model', 'model.onnx'];
    const input = ['--input', `${spec}@0,1`, '--input-split', random.below(2) === 0 ? 'train' : 'test'];
    await run('attribute', ...model, ...input, '--method', 'gradient', '--out', 'o', ...how, ...common);
    const kind = random.below(4);
    if (kind === 0)
      await run(
        'train',
        ...model,
        '--data',
        spec,
        '--epochs',
        '1',
        '--batch-size',
        '4',
        '--out',
        't',
        ...how,
        ...common,
      );
    if (kind === 1) await run('audit', ...model, '--data', spec, '--no-cache', '--out', 'a', ...how, ...common);
    if (kind === 2) await run('audit', '--features', spec, '--no-cache', '--out', 'f', ...common);
    if (kind === 3)
      await run(
        'check',
        'model.onnx',
        '--baseline',
        'b.json',
        '--data',
        spec,
        '--update-baseline',
        '--probes',
        '2',
        '--points',
        '2',
        ...common,
      );
  },
});
