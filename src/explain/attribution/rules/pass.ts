import { sumToShapeOf } from '../../../autodiff/broadcast.js';
import { defineLrpRule } from './rule.js';

/** Relevance goes on unchanged: what an activation or a normalisation does to its input is not its inputs' doing. */
export const pass = defineLrpRule({
  name: 'pass',
  summary: 'unchanged',
  serves: ['elementwise', 'bias'],
  defaults: {},
  propagate: (context) => {
    const { node, needs, input, output, dims, dy } = context;
    const first = node.input.findIndex((_, index) => needs(index));
    const from = dims(output(0));
    return {
      inputs: node.input.map((_, index) =>
        index === first ? sumToShapeOf(context, dy, from, input(index)) : undefined,
      ),
    };
  },
});
