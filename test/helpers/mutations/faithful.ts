/** Changes that leave the model what it is. */
import { foldBatchNorm } from '../../../src/graph/fold-batch-norm.js';
import { renameReads } from '../../../src/graph/rewrite.js';
import { onnx } from '../../../src/onnx/model.js';
import { edit } from './edit.js';
import { float16Copy, int8Copy } from './copies.js';
import type { Mutation } from './mutation.js';

const renamed = edit((graph) => {
  const own = new Set(graph.output.map(({ name }) => name));
  const names = new Map(
    graph.node.flatMap(({ output }, i) =>
      output.filter((name) => !own.has(name)).map((name) => [name, `/x/n${i}`] as const),
    ),
  );
  for (const [i, node] of graph.node.entries()) {
    node.name = `op_${i}`;
    node.output = node.output.map((name) => names.get(name) ?? name);
    node.input = node.input.map((name) => names.get(name) ?? name);
  }
  const weights = new Map(graph.initializer.map(({ name }, i) => [name, `w.${i}`]));
  for (const stored of graph.initializer) stored.name = weights.get(stored.name)!;
  renameReads(graph.node, weights);
  graph.initializer.reverse();
  graph.valueInfo = [];
});

/** All of these must pass. */
export const FAITHFUL: readonly Mutation[] = [
  { name: 'nothing changed', preset: 're-export', change: (model) => model, fires: [] },
  {
    name: 'newer operator set',
    preset: 're-export',
    change: edit((_, model) => {
      model.opsetImport = [new onnx.OperatorSetIdProto({ domain: '', version: 21 })];
    }),
    fires: [],
    warns: ['structure.opset'],
  },
  { name: 'BatchNorm folded', preset: 're-export', change: foldBatchNorm, fires: [], warns: ['structure.operators'] },
  {
    name: 'BatchNorm no longer folded',
    preset: 're-export',
    accepted: foldBatchNorm,
    change: (model) => model,
    fires: [],
    warns: ['structure.operators'],
  },
  { name: 'nodes, values and weights renamed', preset: 're-export', change: renamed, fires: [] },
  {
    name: 'weights in a file beside the model',
    preset: 're-export',
    change: (model) => model,
    externalData: true,
    fires: [],
  },
  { name: 'float16 copy', preset: 'float16', change: float16Copy, fires: [], warns: ['structure.operators'] },
  { name: 'dynamically quantised copy', preset: 'int8', change: int8Copy(), fires: [], warns: ['structure.operators'] },
];
