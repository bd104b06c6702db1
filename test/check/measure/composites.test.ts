/** By which of LRP's composites a check compares: that of its baseline, and of baselines that do not say theirs the one of then. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readBaseline } from '../../../src/check/baseline/file.js';
import { checkModel } from '../../../src/check/check-model.js';
import type { AttributionMaps } from '../../../src/check/measure/attributions.js';
import { need } from '../../../src/check/unavailable.js';
import { updateBaseline } from '../../../src/check/update-baseline.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { seededRandom } from '../../../src/numeric/random.js';
import { writeModelFile } from '../../../src/onnx/file.js';
import { float32 } from '../../../src/tensor.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { runtime } from '../../helpers/run-model.js';

const at = (name: string) => join(folder, name);
const folder = temporaryFolder();
const baselinePath = at('baseline.json');

/** A dense layer from six numbers to three classes. */
async function write(name: string, weights: Float32Array): Promise<string> {
  const g = new GraphBuilder({ opset: 17 });
  g.rename(g.op('MatMul', [g.input('x', 'float32', ['N', 6]), g.constant(float32(weights, [6, 3]))]), 'y');
  g.output('y', 'float32', ['N', 3]);
  await writeModelFile(at(name), g.model());
  return at(name);
}

const similarity = async (modelPath: string) => {
  const { rules } = await checkModel({ modelPath, baselinePath, runtime, flags: { off: ['cost', 'execution'] } });
  return rules.find(({ rule }) => rule === 'explanations.rank-correlation')!.status;
};

test('the relevance of a dense layer’s inputs is told apart, and an earlier baseline compared as it was taken', async () => {
  const random = seededRandom(1);
  const weights = Float32Array.from({ length: 18 }, () => random.uniform() - 0.5);
  const accepted = await write('accepted.onnx', weights);
  // It looks at the first features where the other looks at the last.
  const turned = await write(
    'turned.onnx',
    weights.map((_, i) => weights[(5 - Math.floor(i / 3)) * 3 + (i % 3)]!),
  );
  await updateBaseline({ modelPath: accepted, baselinePath, runtime, flags: { probes: 6, methods: ['lrp'] } });
  const { maps } = await readBaseline(baselinePath);
  const [{ composite, maps: rows }] = need(maps, 'maps') as [AttributionMaps];
  expect([composite, new Set(rows.data.slice(0, 6)).size]).toEqual(['auto', 6]);
  expect([await similarity(accepted), await similarity(turned)]).toEqual(['pass', 'fail']);

  const file = JSON.parse(readFileSync(baselinePath, 'utf8')) as Record<string, unknown>;
  delete file.checksum;
  const { value } = file.explanations as { value: [{ composite?: string }] };
  delete value[0].composite;
  const checksum = createHash('sha256').update(JSON.stringify(file)).digest('hex');
  writeFileSync(baselinePath, JSON.stringify({ ...file, checksum }));
  // The flat rule gives all inputs of a dense layer the same, which is like nothing that tells them apart.
  expect(await similarity(accepted)).toBe('fail');
});
