/** Copies in fewer bits: not announced, or with something else wrong. */
import { isFloatTensor } from '../../../src/onnx/element-type.js';
import { edit, setWeight } from './edit.js';
import { float16Copy, int8Copy, truncated } from './copies.js';
import type { Mutation } from './mutation.js';
import { OUTPUTS, POINTS, STRUCTURE } from './rules.js';
import { reversedChannels } from './input.js';
import { lostRelu } from './layers.js';

export const PRECISION: readonly Mutation[] = [
  {
    name: 'float16 copy, not announced',
    preset: 're-export',
    change: float16Copy,
    fires: [...OUTPUTS, 'structure.file-size'],
    silent: ['decisions.agreement', 'structure.inputs'],
  },
  {
    name: 'quantised copy, not announced',
    preset: 're-export',
    change: int8Copy(),
    fires: OUTPUTS,
    // The file of a larger model would fail too: this small one is half names.
    may: ['structure.file-size'],
  },
  {
    name: 'quantised with scales off by 20 %',
    preset: 'int8',
    change: int8Copy(1.2),
    fires: ['outputs.error-quantiles', 'representations.layers'],
  },
  {
    name: 'weights cut to bfloat16',
    preset: 're-export',
    change: edit((graph) => {
      for (const { name } of [...graph.initializer].filter(isFloatTensor)) setWeight(graph, name, truncated);
    }),
    fires: OUTPUTS,
    silent: STRUCTURE,
  },
  {
    name: 'retrained, then quantised',
    preset: 'int8',
    from: 'tinted-retrained',
    change: int8Copy(),
    fires: ['representations.layers', POINTS],
  },
  {
    name: 'swapped channel order in a quantised copy',
    preset: 'int8',
    change: (model) => int8Copy()(reversedChannels(model)),
    fires: ['outputs.error-quantiles', 'decisions.agreement', 'representations.layers', POINTS],
  },
  {
    name: 'lost layer in a float16 copy',
    preset: 'float16',
    change: (model) => float16Copy(lostRelu(model)),
    fires: [...OUTPUTS, 'representations.layers'],
  },
];
