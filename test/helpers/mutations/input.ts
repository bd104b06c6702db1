/** What goes in and comes out: names, types, sizes, and what is done to a picture first. */
import { valueInfo } from '../../../src/graph/builder.js';
import { renameReads } from '../../../src/graph/rewrite.js';
import { elementTypeCode } from '../../../src/onnx/element-type.js';
import { setMetadata } from '../../../src/onnx/model.js';
import { encodeTensor } from '../../../src/onnx/tensor-proto.js';
import type { Tensor } from '../../../src/tensor.js';
import { edit, newNode, nodeOf, setWeight, bypass } from './edit.js';
import type { Mutation } from './mutation.js';
import { OUTPUTS, MAPS, POINTS, STRUCTURE } from './rules.js';

export const reversedChannels = edit((graph) => {
  setWeight(graph, 'conv1.weight', (data, [filters, channels, ...kernel]) => {
    const size = kernel.reduce((product, dim) => product * dim, 1);
    return data.map((_, i) => {
      const [filter, channel, place] = [Math.floor(i / size / channels!), Math.floor(i / size) % channels!, i % size];
      return filter < filters! ? data[(filter * channels! + channels! - 1 - channel) * size + place]! : 0;
    });
  });
});

export const INPUT: readonly Mutation[] = [
  {
    name: 'swapped channel order (BGR)',
    preset: 're-export',
    change: reversedChannels,
    fires: [...OUTPUTS, ...MAPS, POINTS, 'decisions.agreement', 'decisions.accuracy', 'representations.layers'],
    silent: STRUCTURE,
    first: 'conv1',
  },
  {
    name: 'mean and std dropped from the graph',
    preset: 're-export',
    change: edit((graph) => {
      bypass(graph, 'scaled');
      bypass(graph, 'centred');
    }),
    fires: [...OUTPUTS, 'representations.layers'],
  },
  {
    name: 'mean and std dropped from the metadata',
    preset: 're-export',
    change: edit((_, model) => (model.metadataProps = [])),
    fires: ['structure.preprocessing'],
    silent: 'all',
  },
  {
    name: 'another mean in the metadata',
    preset: 're-export',
    change: edit((_, model) => setMetadata(model, 'onnx-explain.mean', '0.485,0.456,0.406')),
    fires: ['structure.preprocessing', ...OUTPUTS],
    silent: ['structure.inputs', 'structure.parameters'],
  },
  {
    name: 'upside-down images (a flip left in the graph)',
    preset: 're-export',
    change: edit((graph) => {
      renameReads(graph.node, new Map([['image', 'flipped']]));
      const range = Float32Array.from({ length: 14 }, (_, i) => 13 - i);
      const indices: Tensor = { type: 'int64', dims: [14], data: BigInt64Array.from(range, (value) => BigInt(value)) };
      graph.initializer.push(encodeTensor('reverse', indices));
      graph.node.unshift(newNode('Gather', ['image', 'reverse'], ['flipped'], { axis: 2 }));
    }),
    fires: [...OUTPUTS, ...MAPS, 'representations.layers'],
    silent: STRUCTURE,
  },
  {
    name: 'renamed input',
    preset: 're-export',
    change: edit((graph) => {
      renameReads(graph.node, new Map([['image', 'input.1']]));
      graph.input[0]!.name = 'input.1';
    }),
    fires: ['structure.inputs'],
    silent: 'all',
  },
  {
    name: 'renamed output',
    preset: 're-export',
    change: edit((graph) => {
      nodeOf(graph, 'scores').output = ['out'];
      graph.output[0]!.name = 'out';
    }),
    fires: ['structure.outputs'],
    silent: 'all',
  },
  {
    name: 'fixed batch size',
    preset: 're-export',
    change: edit((graph) => {
      graph.input = [valueInfo('image', 'float32', [1, 3, 14, 14])];
      graph.output = [valueInfo('scores', 'float32', [1, 6])];
      graph.valueInfo = [];
    }),
    fires: ['structure.inputs', 'structure.outputs'],
    silent: 'all',
  },
  {
    name: 'input in double precision',
    preset: 're-export',
    change: edit((graph) => {
      graph.input = [valueInfo('image', 'float64', ['batch', 3, 14, 14])];
      renameReads(graph.node, new Map([['image', 'image_32']]));
      graph.node.unshift(newNode('Cast', ['image'], ['image_32'], { to: elementTypeCode('float32') }));
    }),
    fires: ['structure.inputs'],
    silent: ['decisions.agreement', ...OUTPUTS, 'representations.layers'],
  },
  {
    name: 'a hidden value left among the outputs',
    preset: 're-export',
    change: edit((graph) => graph.output.push(valueInfo('relu4', 'float32', ['batch', 24]))),
    fires: ['structure.outputs'],
    silent: 'all',
  },
];
