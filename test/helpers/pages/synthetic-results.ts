/** Small results of kinds whose pages are tried without running the commands. */
import type { AttributeResult } from '../../../src/results/attribute.js';
import type { CheckResult } from '../../../src/results/check.js';
import type { EvaluateResult } from '../../../src/results/evaluate.js';
import type { FloatArray } from '../../../src/tensor.js';
import { randomNumbers } from '../random-tensors.js';

/** A name that must stay text. */
export const HOSTILE = '<img src=x onerror=document.title="hacked">';

const header = {
  schemaVersion: 1 as const,
  tool: { name: 'onnx-explain', version: '0.0.0' },
  model: { path: 'model.onnx', sha256: '0'.repeat(64) },
  data: { spec: 'photos', fingerprint: '1'.repeat(64) },
  options: {},
  sign: 'positive supports',
  classNames: ['cat', 'dog'],
};

/** Inputs by four methods: pictures of noise, named features, or tokens of a text. */
export function syntheticAttribute({
  inputs,
  edge = 12,
  tokens,
  features = tokens,
}: {
  readonly inputs: number;
  readonly edge?: number;
  readonly features?: readonly string[];
  readonly tokens?: readonly string[];
}): { result: AttributeResult; arrays: (file: string) => FloatArray } {
  const next = randomNumbers(7);
  const arrays = new Map<string, FloatArray>();
  const methods = [
    { method: 'gradient', error: null },
    { method: 'lrp', error: 0.002 },
    { method: 'grad-cam', layer: 'conv2', error: null },
    { method: 'input-x-gradient', error: 0.4 },
  ];
  const queries = Array.from({ length: inputs }, (_, index) =>
    methods.map(({ error, ...named }): AttributeResult['queries'][number] => {
      const file = `query-${index}/${named.method}.npy`;
      const shape = features ? [features.length] : [edge, edge];
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() - 0.4);
      arrays.set(file, { shape, data });
      const right = { class: 0, label: 'cat', probability: 0.8 };
      return {
        ...named,
        ...{ index, input: `photos@${index}`, inputFile: index === 4 ? HOSTILE : `photo-${index}.png`, shape, file },
        ...{ predicted: right, topClasses: [right, { class: 1, label: 'dog', probability: 0.2 }] },
        truth: index % 3 === 0 ? { class: 1, label: 'dog' } : { class: 0, label: 'cat' },
        target: { class: 0, label: 'cat' },
        ...{ sum: 3, output: 3.006, conservationError: error, ...(error !== null && { expected: 3.006 }) },
        ...(named.method === 'lrp' && {
          ledger: [{ node: HOSTILE, op: 'Conv', rule: 'epsilon', in: 3.006, out: 3, bias: 0.006 }],
        }),
        ...(features && {
          features: features.map((name, feature) => ({ feature, name, value: 1, relevance: data[feature]! })),
        }),
        ...(tokens && { tokens: tokens.map((token, i) => ({ token, relevance: data[i]! })) }),
      };
    }),
  ).flat();
  return { result: { kind: 'attribute', ...header, queries }, arrays: (file) => arrays.get(file)! };
}

/** One input by a layered explanation of one layer, whose units training examples activate; the last unit is silent. */
export function syntheticLayered(): ReturnType<typeof syntheticAttribute> {
  const { result, arrays } = syntheticAttribute({ inputs: 1 });
  const query = { ...result.queries[0]!, method: 'mim', layer: 'conv1', file: 'query-0/mim.npy' };
  const next = randomNumbers(3);
  const stack = { shape: [4, 12, 12], data: Float32Array.from({ length: 4 * 144 }, () => next() - 0.5) };
  const examples = [5, 9, 7].map((index) => ({ index, label: 1, file: HOSTILE, activation: index / 4 }));
  const layer = { layer: 'conv1', file: 'query-0/mim/conv1.npy', influence: 'query-0/mim/conv1.influence.npy' };
  const strongest = [
    { unit: 30, phi: 2, activation: 1, examples },
    { unit: 12, phi: -1, activation: 0, examples: examples.slice(0, 2) },
    { unit: 8, phi: -0.5, activation: 0, examples: [] },
  ];
  const ranked = { layer: 'conv1', op: 'Conv', units: 64, depth: 0, fidelity: 0.9, spread: 0.5 };
  const layered = {
    ...{ kernel: 'inverse', compared: 50, split: 'train' as const, layer: 'conv1', reason: 'conv1 is the only layer' },
    ranking: [{ ...ranked, fidelityRank: 1, spreadRank: 1 }],
    ...{ shares: [0.1], agreement: { max: 0, shares: [0] }, layers: [{ ...layer, units: [3], strongest }] },
  };
  return {
    result: { ...result, queries: [{ ...query, layered }] },
    arrays: (file) => (file === layer.file ? stack : arrays('query-0/gradient.npy')),
  };
}

/** So many changed decisions, as a check sorts them: what became wrong, then every other one became right, or stayed wrong. */
function changedDecisions(lost: number, others: number): NonNullable<CheckResult['changes']> {
  const [cat, dog, owl] = ['cat', 'dog', 'owl'].map((label, index) => ({ class: index, label }));
  return Array.from({ length: lost + others }, (_, i) => ({
    ...{ probe: 3 + 2 * i, input: i === 0 ? HOSTILE : `photos@${i}` },
    truth: i < lost ? cat! : i % 2 === 0 ? dog! : owl!,
    before: { ...cat!, probability: 0.9 },
    after: { ...dog!, probability: 0.6 },
  }));
}

/** A check of three rules, with decisions that changed: so many became wrong, and so many others. */
export function syntheticCheck({ lost = 1, others = 0 } = {}): CheckResult {
  const rule = { level: 'error', optional: false, blocks: false, limit: 0, details: [], changes: [] } as const;
  const result: CheckResult = {
    ...{ kind: 'check', ...header, preset: 're-export', configuration: null, verdict: 'regression', probes: 32 },
    baseline: { path: 'baseline.json', model: 'accepted.onnx', sha256: '2'.repeat(64) },
    seconds: 1.5,
    rules: [
      { ...rule, rule: 'structure.inputs', status: 'pass', value: 0, sentence: 'input as before' },
      { ...rule, rule: 'decisions.accuracy', status: 'skip', value: null, limit: null, sentence: 'no labels' },
      {
        ...{ ...rule, rule: 'representations.layers', status: 'fail', blocks: true, value: 1.3, limit: 0.001 },
        ...{ sentence: `first to diverge is ${HOSTILE}`, where: 'conv1', details: ['conv1: 1.3', 'fc: 0.2'] },
      },
    ],
  };
  return { ...result, changes: changedDecisions(lost, others), changed: { all: lost + others, lost } };
}

/** Two methods by one protocol, told from chance and from each other. */
export function syntheticEvaluate(): EvaluateResult {
  const figure = { protocol: 'lds', figure: '50 % kept', standardError: 0.05, chance: 0, count: 40 };
  return {
    ...{ kind: 'evaluate', ...header, trainingExamples: 100, queries: Array.from({ length: 40 }, (_, i) => i) },
    protocols: [{ name: 'lds', asks: 'Does it foretell?', unit: 'Spearman’s rank correlation' }],
    methods: ['random', 'metagradient'].map((name) => ({ name, says: `${name} ranks` })),
    ...{ accuracy: 0.9, steps: 50, drift: 0, seconds: 2 },
    figures: [
      { ...figure, method: 'random', value: 0.02, interval: [-0.1, 0.1], distinguishable: false },
      { ...figure, method: 'metagradient', value: 0.5, interval: [0.4, 0.6], distinguishable: true },
    ],
  };
}
