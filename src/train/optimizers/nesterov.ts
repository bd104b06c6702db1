import { emitVelocity } from './momentum.js';
import { descend, type Optimizer } from './optimizer.js';

/** Nesterov momentum in PyTorch's form: v ← μv + g, θ ← θ − η(g + μv). */
export const nesterov: Optimizer = {
  name: 'nesterov',
  state: ['velocity'],
  emit: (g, inputs, settings) => {
    const velocity = emitVelocity(g, inputs, settings);
    const ahead = g.op('Add', [inputs.gradient, g.op('Mul', [velocity, g.scalar(settings.momentum)])]);
    return { parameter: descend(g, inputs, ahead), state: [velocity] };
  },
};
