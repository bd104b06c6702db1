import { descend, type Optimizer } from './optimizer.js';

/** Stochastic gradient descent: θ ← θ − ηg. */
export const sgd: Optimizer = {
  name: 'sgd',
  state: [],
  emit: (g, inputs) => ({ parameter: descend(g, inputs, inputs.gradient), state: [] }),
};
