import type { GraphBuilder } from '../../graph/builder.js';
import { descend, type Optimizer, type OptimizerSettings, type UpdateInputs } from './optimizer.js';

/** v ← μv + g, as PyTorch has it (the learning rate stands outside, dampening is 0). */
export function emitVelocity(g: GraphBuilder, { state, gradient }: UpdateInputs, { momentum }: OptimizerSettings) {
  return g.op('Add', [g.op('Mul', [state[0]!, g.scalar(momentum)]), gradient]);
}

/** Heavy-ball momentum: v ← μv + g, θ ← θ − ηv. */
export const momentum: Optimizer = {
  name: 'momentum',
  state: ['velocity'],
  emit: (g, inputs, settings) => {
    const velocity = emitVelocity(g, inputs, settings);
    return { parameter: descend(g, inputs, velocity), state: [velocity] };
  },
};
