/**
 * Which ways to value training examples are true? Trains networks, judges all methods by `evaluate`, and prints the tables of
 * docs/truth.md.
 *
 *   npm run build && npx tsx scripts/truth/truth.ts --mnist <folder with t10k files> --fashion <folder with t10k files>
 *     [--networks logistic,mlp,lenet,lenet-bn,lenet-gelu,lenet-bn-gelu] [--protocol lds,lds-within,…] [--queries 40]
 *     [--subsets 50] [--keep 0.5,0.9] [--removals 10] [--test 2000] [--threads 1] [--seed 0] [--fresh-order] [--out truth]
 *
 * The first 1,000 images are trained on; queries and held-out loss are of those after them (--test). Pixels are fed from 0 to 1.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EVALUATE_DEFAULTS } from '../../dist/evaluate/evaluate.js';
import type { ProtocolName } from '../../dist/evaluate/protocols/registry.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import { writeModelFile } from '../../dist/onnx/file.js';
import type { Model } from '../../dist/onnx/model.js';
import type { EvaluateResult } from '../../dist/results/evaluate.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { float32 } from '../../dist/tensor.js';
import type { TrainOptions } from '../../dist/train/options.js';
import { evaluateToFolder } from '../../dist/workflows/evaluate.js';
import { startTraining } from '../../dist/workflows/train.js';
import { create } from '../../dist/zoo/create.js';
import type { ActivationName } from '../../dist/zoo/network.js';
import { writeSubset } from './subset.js';

const { values } = parseArgs({
  options: {
    mnist: { type: 'string' },
    fashion: { type: 'string' },
    networks: { type: 'string', default: 'logistic,mlp,lenet,lenet-bn' },
    protocol: { type: 'string', default: EVALUATE_DEFAULTS.protocols.join() },
    methods: { type: 'string', default: EVALUATE_DEFAULTS.methods.join() },
    test: { type: 'string', default: '2000' },
    queries: { type: 'string', default: '40' },
    keep: { type: 'string', default: EVALUATE_DEFAULTS.keep.join() },
    subsets: { type: 'string', default: '50' },
    removals: { type: 'string', default: '10' },
    'fresh-order': { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'truth' },
  },
});
const TRAINING_EXAMPLES = 1000;
const TEST_EXAMPLES = Number(values.test);
const seed = Number(values.seed);

/** A network with the training that it gets. */
interface Setting {
  readonly data: 'mnist' | 'fashion';
  readonly model: () => Model;
  readonly options: Partial<TrainOptions>;
}

const common = { batchSize: 50, learningRate: 0.01, epochs: 10, optimizer: 'momentum', log: false, seed } as const;

const SETTINGS: Readonly<Record<string, Setting>> = {
  logistic: { data: 'mnist', model: logistic, options: common },
  mlp: { data: 'mnist', model: () => create('mlp', { hidden: [64], seed }), options: common },
  lenet: onFashion('lenet'),
  'lenet-bn': onFashion('lenet-bn'),
  'lenet-gelu': onFashion('lenet', 'gelu'),
  'lenet-bn-gelu': onFashion('lenet-bn', 'gelu'),
};

function onFashion(network: string, activation?: ActivationName): Setting {
  return { data: 'fashion', model: () => create(network, { seed, activation }), options: { ...common, epochs: 6 } };
}

/** One linear layer that starts at zero. */
function logistic(): Model {
  const g = new GraphBuilder({ name: 'logistic' });
  const x = g.op('Flatten', [g.input('image', 'float32', ['batch', 1, 28, 28])]);
  const weight = g.initializer('fc1.weight', float32(new Float32Array(7840), [10, 784]));
  const bias = g.initializer('fc1.bias', float32(new Float32Array(10), [10]));
  g.output(g.rename(g.op('Gemm', [x, weight, bias], { transB: 1 }), 'logits'), 'float32', ['batch', 10]);
  return g.model();
}

async function judge(name: string): Promise<EvaluateResult> {
  const setting = SETTINGS[name];
  if (!setting) throw new Error(`no network "${name}"; choose of ${Object.keys(SETTINGS).join(', ')}`);
  const source = values[setting.data];
  if (source === undefined) throw new Error(`${name} needs --${setting.data}`);
  const folder = join(values.out, name);
  const dataSpec = writeSubset(source, 't10k', [TRAINING_EXAMPLES, TEST_EXAMPLES], join(values.out, setting.data));
  const modelPath = join(values.out, `${name}.onnx`);
  await writeModelFile(modelPath, setting.model());
  const runtime = nodeRuntime({ threads: Number(values.threads) });
  const began = performance.now();
  const manifest = await startTraining({
    modelPath,
    dataSpec,
    runDirectory: join(folder, 'run'),
    input: { mean: [0], std: [1] },
    options: setting.options,
    force: true,
    runtime,
  });
  const { testAccuracy } = manifest.epochs.at(-1)!;
  const accuracy = testAccuracy === undefined ? '' : `, test accuracy ${(100 * testAccuracy).toFixed(1)} %`;
  console.log(`\n## ${name}: ${manifest.steps} steps${accuracy}, trained in ${((performance.now() - began) / 1000).toFixed(1)} s`); // prettier-ignore
  return evaluateToFolder({
    runDirectory: join(folder, 'run'),
    out: join(folder, 'evaluation'),
    force: true,
    options: {
      protocols: values.protocol.split(',') as ProtocolName[],
      methods: values.methods.split(','),
      queries: Number(values.queries),
      keep: values.keep.split(',').map(Number),
      subsets: Number(values.subsets),
      removals: Number(values.removals),
      freshOrder: values['fresh-order'],
      seed,
    },
    runtime,
  });
}

/** A table in Markdown for each protocol. */
function print({ figures, protocols, queries, seconds }: EvaluateResult): void {
  console.log(`${queries.length} queries, ${seconds?.toFixed(0)} s`);
  for (const { name } of protocols) {
    const own = figures.filter(({ protocol }) => protocol === name);
    const columns = [...new Set(own.map(({ figure }) => figure))];
    console.log(`\n| ${name} | ${columns.join(' | ')} |\n| --- |${' --- |'.repeat(columns.length)}`);
    for (const method of new Set(own.map((figure) => figure.method))) {
      const cells = columns.map((column) => {
        const found = own.find((figure) => figure.figure === column && figure.method === method);
        if (!found) return '–';
        const error = found.standardError === undefined ? '' : ` ± ${found.standardError.toFixed(3)}`;
        return `${found.distinguishable === false ? '≈ ' : ''}${found.value.toFixed(3)}${error}`;
      });
      console.log(`| ${method} | ${cells.join(' | ')} |`);
    }
  }
}

async function main(): Promise<void> {
  for (const name of values.networks.split(',')) print(await judge(name));
}

void main();
