import { sumToShapeOf } from '../../../autodiff/broadcast.js';
import { defineLrpRule, type LrpRuleContext } from './rule.js';

/** Operators whose output opens or closes a gate. */
const GATES = new Set(['Sigmoid', 'HardSigmoid', 'Softmax', 'Tanh', 'Clip']);

/** Operators that may stand between them and the product. */
const SCALED_BY = new Set(['Mul', 'Div', 'Add', 'Reshape', 'Unsqueeze', 'Expand']);

/**
 * A product of a signal and a gate: the signal takes all relevance ([Arras et al. 2017]). Of two signals each takes
 * half.
 */
export const gate = defineLrpRule({
  name: 'gate',
  summary: 'of a signal times a gate, all to the signal; of two signals, half to each',
  serves: ['product'],
  defaults: {},
  propagate: (context) => {
    const { g, node, input, output, dims, dy, needs, type } = context;
    const gates = [0, 1].filter((index) => isGate(context, input(index)));
    const takers = gates.length === 1 ? [1 - gates[0]!] : [0, 1];
    const share = takers.length === 1 ? dy : g.op('Mul', [dy, g.scalar(0.5, type(output(0)))]);
    return {
      inputs: node.input.map((_, index) =>
        takers.includes(index) && needs(index)
          ? sumToShapeOf(context, share, dims(output(0)), input(index))
          : undefined,
      ),
    };
  },
});

function isGate({ network }: Pick<LrpRuleContext, 'network'>, value: string): boolean {
  const node = network.producer(value);
  if (!node || GATES.has(node.opType)) return node !== undefined;
  const before = node.input.filter(network.depends);
  return SCALED_BY.has(node.opType) && before.length === 1 && isGate({ network }, before[0]!);
}
