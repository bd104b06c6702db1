/** Takes the baseline of a mutation's accepted model, and checks its new export. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readModelFile, writeModelFile } from '../../../src/onnx/file.js';
import type { CheckResult } from '../../../src/results/check.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { checkModel } from '../../../src/check/check-model.js';
import type { CheckRequest } from '../../../src/check/request.js';
import { updateBaseline } from '../../../src/check/update-baseline.js';
import type { Mutation } from './mutation.js';

/** Where the fixtures lie. */
export const FIXTURES = join(process.cwd(), 'test', 'fixtures', 'check');

/** Runs mutations in a folder; the baseline of an accepted model is taken once. */
export function mutationRunner(folder: string, off: readonly string[]) {
  const baselines = new Map<Mutation['accepted'], string>();
  const request = (modelPath: string, baselinePath: string, flags: CheckRequest['flags']): CheckRequest => ({
    modelPath,
    baselinePath,
    flags: { off, ...flags },
    runtime: nodeRuntime({ threads: 1 }),
  });
  const fixture = async (name: string) => (await readModelFile(join(FIXTURES, `${name}.onnx`))).model;
  const baselineFor = async (accepted: Mutation['accepted']): Promise<string> => {
    const known = baselines.get(accepted);
    if (known !== undefined) return known;
    const place = join(folder, `accepted-${baselines.size}`);
    mkdirSync(place, { recursive: true });
    const [modelPath, baseline] = [join(place, 'model.onnx'), join(place, 'baseline.json')];
    const model = await fixture('tinted');
    await writeModelFile(modelPath, accepted ? accepted(model) : model);
    await updateBaseline({ ...request(modelPath, baseline, {}), data: join(FIXTURES, 'tinted.npz') });
    baselines.set(accepted, baseline);
    return baseline;
  };
  return async (
    { accepted, from = 'tinted', change, preset, externalData }: Mutation,
    i: number,
  ): Promise<CheckResult> => {
    const baseline = await baselineFor(accepted);
    const place = join(folder, `export-${i}`);
    mkdirSync(place, { recursive: true });
    const modelPath = join(place, 'model.onnx');
    await writeModelFile(modelPath, change(await fixture(from)), externalData ?? false);
    return checkModel(request(modelPath, baseline, { preset }));
  };
}
