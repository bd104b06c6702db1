import { InputError } from '../../../errors.js';
import type { Method } from '../method.js';
import { describeLayered } from '../mim/describe.js';
import { explainableLayers, layeredExplanation } from '../mim/layered.js';
import { queryFolder } from '../query-folder.js';

/** Layered explanations ([Ho n.d.]): the most influential units of hidden layers, brought back to the input. */
export const mim: Method = {
  name: 'mim',
  summary: 'influential units of hidden layers, and what they have seen',
  // Layers are ranked over all inputs.
  isJoint: true,
  open: ({ runtime, explained, comparison }) => {
    if (!comparison) {
      throw new InputError('`method` mim compares with the activations of a data set; name one with `data`');
    }
    const { data, settings, onProgress } = comparison;
    explainableLayers(explained, settings.layers);
    return {
      attribute: async (examples) => {
        const request = { runtime, explained, data, settings, examples, onProgress };
        const explanation = await layeredExplanation(request);
        return examples.map(({ index }, i) => {
          const folder = `${queryFolder(index)}/mim`;
          return describeLayered(explanation, i, { kernel: settings.kernel, explained, data, folder });
        });
      },
      // What runs is loaded for each call, layer by layer.
      release: () => Promise.resolve(),
    };
  },
};
