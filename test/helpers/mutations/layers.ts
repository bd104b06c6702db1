/** Layers that are lost, doubled, or compute something else. */
import { makeAttribute } from '../../../src/onnx/attributes.js';
import { encodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float32 } from '../../../src/tensor.js';
import { edit, newNode, nodeOf, bypass } from './edit.js';
import type { Mutation } from './mutation.js';
import { OUTPUTS, MAPS, STRUCTURE } from './rules.js';

/** The model ending in probabilities named like the scores. */
const withSoftmax = edit((graph) => {
  const [output] = graph.output;
  const last = nodeOf(graph, output!.name);
  last.output = ['logits'];
  graph.node.push(newNode('Softmax', ['logits'], [output!.name], { axis: 1 }));
});

export const lostRelu = edit((graph) => bypass(graph, 'relu2'));

export const LAYERS: readonly Mutation[] = [
  {
    name: 'softmax twice',
    preset: 're-export',
    accepted: withSoftmax,
    change: (model) =>
      edit((graph) => {
        nodeOf(graph, 'scores').output = ['once'];
        graph.node.push(newNode('Softmax', ['once'], ['scores'], { axis: 1 }));
      })(withSoftmax(model)),
    fires: [...OUTPUTS, 'decisions.calibration', 'representations.layers'],
    silent: ['decisions.agreement', ...STRUCTURE],
  },
  {
    name: 'softmax where there were scores',
    preset: 're-export',
    change: withSoftmax,
    fires: [...OUTPUTS, 'representations.layers'],
    silent: ['decisions.agreement', ...STRUCTURE],
    first: 'scores',
  },
  {
    name: 'dropout left on',
    preset: 're-export',
    change: edit((graph) => {
      graph.initializer.push(encodeTensor('ratio', float32([0.5], [])));
      graph.initializer.push(encodeTensor('training', { type: 'bool', dims: [], data: Uint8Array.of(1) }));
      const dropout = nodeOf(graph, 'dropped');
      dropout.input = [dropout.input[0]!, 'ratio', 'training'];
    }),
    fires: ['structure.inference', 'outputs.repeatable'],
    silent: ['structure.inputs', 'structure.parameters'],
  },
  {
    name: 'batch statistics for running ones (BatchNorm in training mode)',
    preset: 're-export',
    change: edit((graph) => {
      const norm = nodeOf(graph, 'conv2.bn');
      norm.attribute = [...norm.attribute, makeAttribute('training_mode', 1)];
      norm.output = ['conv2.bn', 'conv2.bn.running_mean', 'conv2.bn.running_variance'];
    }),
    fires: ['structure.inference', 'outputs.tolerance', 'representations.layers'],
    first: 'conv2.bn',
  },
  { name: 'lost layer: no ReLU', preset: 're-export', change: lostRelu, fires: [...OUTPUTS, 'representations.layers'] },
  {
    name: 'lost layer: no BatchNorm',
    preset: 're-export',
    change: edit((graph) => bypass(graph, 'conv2.bn')),
    fires: [...OUTPUTS, 'representations.layers'],
  },
  {
    name: 'lost skip connection',
    preset: 're-export',
    change: edit((graph) => bypass(graph, 'skip')),
    fires: [...OUTPUTS, 'representations.layers'],
    first: 'skip',
  },
  {
    name: 'average pooling for max pooling',
    preset: 're-export',
    change: edit((graph) => {
      const pool = nodeOf(graph, 'pool2');
      pool.opType = 'AveragePool';
    }),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'pool2',
  },
  {
    name: 'padding moved to one side',
    preset: 're-export',
    change: edit((graph) => {
      const conv = nodeOf(graph, 'conv2');
      conv.attribute = [...conv.attribute.filter(({ name }) => name !== 'pads'), makeAttribute('pads', [0, 0, 2, 2])];
    }),
    fires: [...OUTPUTS, ...MAPS, 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv2',
  },
  {
    name: 'another ε in BatchNorm',
    preset: 're-export',
    change: edit((graph) => {
      for (const node of graph.node) {
        if (node.opType !== 'BatchNormalization') continue;
        node.attribute = [makeAttribute('epsilon', { float: 1e-2 })];
      }
    }),
    fires: ['outputs.tolerance'],
    silent: STRUCTURE,
  },
  {
    name: 'LeakyReLU for ReLU',
    preset: 're-export',
    change: edit((graph) => {
      for (const node of graph.node) if (node.opType === 'Relu') node.opType = 'LeakyRelu';
    }),
    fires: [...OUTPUTS, 'representations.layers'],
    silent: STRUCTURE,
  },
];
