/** The same graph with other weights. */
import type { Graph } from '../../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../src/onnx/tensor-proto.js';
import { seededRandom } from '../../../src/numeric/random.js';
import { edit, setWeight } from './edit.js';
import type { Mutation } from './mutation.js';
import { OUTPUTS, MAPS, POINTS, STRUCTURE } from './rules.js';

const swapRows = (graph: Graph, name: string, a: number, b: number) =>
  setWeight(graph, name, (data, [, columns = 1]) => {
    const copy = data.slice();
    copy.set(data.subarray(a * columns, (a + 1) * columns), b * columns);
    copy.set(data.subarray(b * columns, (b + 1) * columns), a * columns);
    return copy;
  });

const largestTimes = (factor: number) => (data: Float32Array) => {
  const most = data.reduce((best, value, i) => (Math.abs(value) > Math.abs(data[best]!) ? i : best), 0);
  return data.map((value, i) => (i === most ? value * factor : value));
};

export const WEIGHTS: readonly Mutation[] = [
  {
    name: 'one weight + 1 %',
    preset: 're-export',
    change: edit((graph) => setWeight(graph, 'conv2.weight', largestTimes(1.01))),
    fires: ['outputs.tolerance'],
    silent: STRUCTURE,
  },
  {
    name: 'all weights of one layer + 1 %',
    preset: 're-export',
    change: edit((graph) => setWeight(graph, 'fc1.weight', (data) => data.map((value) => 1.01 * value))),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: [...STRUCTURE, 'decisions.agreement'],
    first: 'fc1',
  },
  {
    name: 'one layer re-initialised',
    preset: 're-export',
    change: edit((graph) => {
      const random = seededRandom(3);
      setWeight(graph, 'conv3.weight', (data) => data.map(() => 0.1 * random.normal()));
    }),
    fires: [...OUTPUTS, ...MAPS, POINTS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv3',
  },
  {
    name: 'labels permuted',
    preset: 're-export',
    change: edit((graph) => {
      swapRows(graph, 'scores.weight', 0, 3);
      swapRows(graph, 'scores.bias', 0, 3);
    }),
    fires: ['outputs.tolerance', 'decisions.agreement', 'decisions.accuracy', 'representations.layers'],
    silent: STRUCTURE,
    first: 'scores',
  },
  {
    name: 'NaN in a weight',
    preset: 're-export',
    change: edit((graph) => setWeight(graph, 'fc1.weight', (data) => data.map((value, i) => (i === 5 ? NaN : value)))),
    fires: ['outputs.finite', 'outputs.tolerance', 'representations.layers'],
    silent: [...STRUCTURE, 'outputs.repeatable'],
    first: 'fc1',
  },
  {
    name: 'lost bias',
    preset: 're-export',
    change: edit((graph) => setWeight(graph, 'fc1.bias', (data) => data.fill(0))),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'fc1',
  },
  {
    name: 'weights stored twice',
    preset: 're-export',
    change: edit((graph) => {
      const copies = graph.initializer.map((stored) => encodeTensor(`${stored.name}_copy`, decodeTensor(stored)));
      graph.initializer.push(...copies);
    }),
    fires: ['structure.parameters', 'structure.file-size'],
    silent: [...OUTPUTS, 'decisions.agreement', 'representations.layers'],
    may: ['cost.memory'],
  },
  {
    name: 'wrong checkpoint of the same training',
    preset: 're-export',
    from: 'tinted-early',
    change: (model) => model,
    fires: [...OUTPUTS, ...MAPS, POINTS, 'decisions.calibration', 'representations.layers'],
    silent: STRUCTURE,
  },
  {
    name: 'retrained from another seed',
    preset: 're-export',
    from: 'tinted-retrained',
    change: (model) => model,
    fires: [...OUTPUTS, ...MAPS, POINTS, 'explanations.regions', 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv1',
  },
];
