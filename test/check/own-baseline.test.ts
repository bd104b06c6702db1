/** A model never fails against its own baseline, whatever it is: what cannot be measured of it is left out, and said. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkModel } from '../../src/check/check-model.js';
import type { SettingFlags } from '../../src/check/settings/settings.js';
import { updateBaseline } from '../../src/check/update-baseline.js';
import { GraphBuilder, type Dim } from '../../src/graph/builder.js';
import { seededRandom } from '../../src/numeric/random.js';
import { writeModelFile } from '../../src/onnx/file.js';
import type { Model } from '../../src/onnx/model.js';
import type { CheckResult } from '../../src/results/check.js';
import { float32, int64, type ElementType } from '../../src/tensor.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runtime } from '../helpers/run-model.js';

const folder = temporaryFolder();

/** Enough to tell rows from each other. */
const PROBES = 6;

interface Checked {
  readonly result: CheckResult;
  readonly missing: readonly string[];
  readonly notices: readonly string[];
}

/** Takes a baseline of one model, and checks another, or the same, against it. */
async function checked(name: string, accepted: Model, now = accepted, flags: SettingFlags = {}): Promise<Checked> {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  const [modelPath, newPath, baselinePath] = ['accepted.onnx', 'new.onnx', 'b.json'].map((file) => join(place, file));
  await writeModelFile(modelPath!, accepted);
  await writeModelFile(newPath!, now);
  const notices: string[] = [];
  const onNotice = (line: string) => notices.push(line);
  const request = { baselinePath: baselinePath!, runtime, onNotice };
  const { missing } = await updateBaseline({
    ...request,
    modelPath: modelPath!,
    flags: { probes: PROBES, methods: flags.methods },
  });
  const { preset, off, optional } = flags;
  const result = await checkModel({ ...request, modelPath: newPath!, flags: { preset, off, optional } });
  return { result, missing, notices };
}

/** Nodes between an input x of six numbers and the output that they return. */
type Build = (g: GraphBuilder, x: string) => string;

interface Form {
  readonly batch?: Dim;
  /** Type and dimensions of the output. */
  readonly type?: ElementType;
  readonly output?: readonly Dim[];
  /** Type of the input. */
  readonly from?: ElementType;
}

/** A model with a linear layer of three classes somewhere. */
function model(
  build: Build,
  { batch = 'N', type = 'float32', output = [batch, 3], from = 'float32' }: Form = {},
): Model {
  const g = new GraphBuilder({ opset: 17 });
  const x = g.input('x', from, [batch, 6]);
  g.rename(build(g, x), 'y');
  g.output('y', type, output);
  return g.model();
}

const weights = (g: GraphBuilder, rows = 6, columns = 3) => {
  const random = seededRandom(rows);
  return g.constant(
    float32(
      Float32Array.from({ length: rows * columns }, () => random.uniform() - 0.5),
      [rows, columns],
    ),
  );
};
const linear: Build = (g, x) => g.op('MatMul', [x, weights(g)]);

/** x as whole numbers with one scale for all of the batch, as dynamic quantisation does it. */
const quantised: Build = (g, x) => {
  const [codes, scale, zero] = g.ops('DynamicQuantizeLinear', [x], {}, 3) as [string, string, string];
  return linear(g, g.op('DequantizeLinear', [codes, scale, zero]));
};
const minMax: Build = (g, x) => {
  const [low, high] = ['ReduceMin', 'ReduceMax'].map((op) => g.op(op, [x], { axes: [0], keepdims: 1 })) as [
    string,
    string,
  ];
  const range = g.op('Add', [g.op('Sub', [high, low]), g.scalar(0.5)]);
  return linear(g, g.op('Div', [g.op('Sub', [x, low]), range]));
};
const batchMean: Build = (g, x) => linear(g, g.op('Sub', [x, g.op('ReduceMean', [x], { axes: [0], keepdims: 1 })]));
const running: Build = (g, x) => linear(g, g.op('CumSum', [x, g.constant(int64([0], []))]));
/** The batch is in the shapes: two halves of it trade places. */
const halves: Build = (g, x) => {
  const folded = g.op('Reshape', [linear(g, x), g.ints([2, 2, 3])]);
  return g.op('Reshape', [g.op('Transpose', [folded], { perm: [1, 0, 2] }), g.ints([4, 3])]);
};

/** The determinant of x xᵀ is 0, and has no gradient here. */
const determinant: Build = (g, x) => {
  const outer = g.op('Einsum', [x, x], { equation: 'ni,nj->nij' });
  return g.op('Add', [linear(g, x), g.op('Unsqueeze', [g.op('Det', [outer]), g.ints([1])])]);
};

test.each<[string, Model]>([
  ['dynamic quantisation', model(quantised)],
  ['a range over the batch', model(minMax)],
  ['the mean of the batch', model(batchMean)],
  ['a sum along the batch', model(running)],
])('%s: every example is run alone, also on onnxruntime-web', async (name, mixing) => {
  const { result, missing, notices } = await checked(name.replaceAll(' ', '-'), mixing);
  expect(notices).toContain('the rows of a batch influence one another: every example is run alone');
  expect(result.verdict).toBe('pass');
  expect(result.rules.find(({ rule }) => rule === 'execution.web')?.status).toBe('pass');
  expect(missing.filter((line) => /outputs|decisions|execution/.test(line))).toEqual([]);
});

test.each<[string, Model]>([
  ['a fixed batch', model(linear, { batch: 4 })],
  ['a fixed batch that is in the shapes', model(halves, { batch: 4 })],
  ['a fixed batch whose rows influence one another', model(quantised, { batch: 4 })],
  ['more examples in every call than there are probes', model(minMax, { batch: 9 })],
  ['a batch without a name', model(linear, { batch: '' })],
  ['a single example in every call', model(linear, { batch: 1 })],
  [
    'one score an example',
    model((g, x) => g.op('Squeeze', [g.op('MatMul', [x, weights(g, 6, 1)]), g.ints([1])]), { output: ['N'] }),
  ],
  [
    'scores as an image of one pixel',
    model((g, x) => g.op('Unsqueeze', [linear(g, x), g.ints([2, 3])]), { output: ['N', 3, 1, 1] }),
  ],
  [
    'an output without elements',
    model((g, x) => g.op('Slice', [linear(g, x), g.ints([0]), g.ints([0]), g.ints([1])]), { output: ['N', 0] }),
  ],
  [
    'one number for the whole batch',
    model((g, x) => g.op('ReduceSum', [linear(g, x)], { keepdims: 0 }), { output: [] }),
  ],
  [
    'decisions only',
    model((g, x) => g.op('ArgMax', [linear(g, x)], { axis: 1, keepdims: 0 }), { type: 'int64', output: ['N'] }),
  ],
  ['truth values', model((g, x) => g.op('Greater', [linear(g, x), g.scalar(0)]), { type: 'bool' })],
  [
    'infinity inside',
    model((g, x) =>
      g.op(
        'Softmax',
        [g.op('Where', [g.op('Greater', [linear(g, x), g.scalar(-9)]), linear(g, x), g.scalar(-Infinity)])],
        { axis: 1 },
      ),
    ),
  ],
  [
    'not-a-number inside',
    model((g, x) => {
      const nothing = g.op('Log', [g.op('Sub', [g.scalar(-1), g.op('Abs', [linear(g, x)])])]);
      return g.op('Where', [g.op('IsNaN', [nothing]), linear(g, x), nothing]);
    }),
  ],
  ['an operator without a gradient', model(determinant)],
  [
    'constants only',
    model((g, x) =>
      g.op('Expand', [
        g.scalar(1),
        g.op('Concat', [g.op('Shape', [x], { start: 0, end: 1 }), g.ints([3])], { axis: 0 }),
      ]),
    ),
  ],
  ['whole numbers', model((g, x) => linear(g, g.op('Cast', [x], { to: 1 })), { from: 'int64' })],
  ['truth values as input', model((g, x) => linear(g, g.op('Cast', [x], { to: 1 })), { from: 'bool' })],
  ['text as input', model((g, x) => linear(g, g.op('Cast', [x], { to: 1 })), { from: 'string' })],
  [
    'half precision',
    model((g, x) => g.op('Cast', [linear(g, g.op('Cast', [x], { to: 1 }))], { to: 10 }), {
      from: 'float16',
      type: 'float16',
    }),
  ],
  [
    'double precision',
    model((g, x) => g.op('Cast', [linear(g, g.op('Cast', [x], { to: 1 }))], { to: 11 }), {
      from: 'float64',
      type: 'float64',
    }),
  ],
])('%s: passes its own baseline', async (name, odd) => {
  const { result } = await checked(name.replaceAll(' ', '-'), odd);
  expect(result.rules.filter(({ blocks }) => blocks)).toEqual([]);
  expect(result.verdict).toBe('pass');
});

describe('what the accepted model could not be measured by', () => {
  test('is left out, and said: when the baseline is taken, by the rule, and in the verdict', async () => {
    const { result, missing } = await checked('recorded', model(determinant));
    expect(missing.join('\n')).toMatch(/^explanations: .*Det.*; its rules are left out$/m);
    const rule = result.rules.find((each) => each.rule === 'explanations.regions')!;
    expect(rule).toMatchObject({
      status: 'skip',
      blocks: false,
      changes: [{ by: 'the baseline', effect: 'unmeasured' }],
    });
    expect(rule.sentence).toMatch(/^not measurable with the accepted model: .*Det/);
  });

  test('what only the new export cannot be measured by fails, unless it is optional', async () => {
    const off = ['cost', 'execution'];
    const found = async (flags: SettingFlags) => {
      const { result } = await checked('now', model(linear), model(determinant), { off, ...flags });
      return result.rules.find((each) => each.rule === 'explanations.regions');
    };
    expect(await found({})).toMatchObject({ status: 'could-not-run', blocks: true });
    expect(await found({ optional: ['explanations'] })).toMatchObject({ status: 'could-not-run', blocks: false });
  });

  test('a quantised copy of a model whose rows do not influence one another is compared row by row', async () => {
    const { result } = await checked('quantised-copy', model(linear), model(quantised), {
      preset: 'int8',
      off: ['cost', 'structure'],
    });
    expect(result.rules.filter(({ blocks }) => blocks)).toEqual([]);
  });
});
