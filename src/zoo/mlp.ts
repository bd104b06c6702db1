/** A multilayer perceptron. */
import type { Architecture } from './architecture.js';
import { activate, dense, flatten } from './network.js';

/** Fully connected layers of the given widths, then the class scores. */
export const mlp: Architecture = {
  name: 'mlp',
  summary: 'fully connected layers; the widths are an option, 128 by default',
  inputShape: [1, 28, 28],
  anyRank: true,
  open: ['hidden'],
  build: (net, x, { classes, hidden = [128] }) => {
    let h = x.shape.length > 1 ? flatten(net, 'flatten', x) : x;
    hidden.forEach((units, i) => {
      h = activate(net, dense(net, `fc${i + 1}`, h, units), i + 1);
    });
    return dense(net, `fc${hidden.length + 1}`, h, classes);
  },
};
