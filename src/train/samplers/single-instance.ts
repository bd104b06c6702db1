import { ghostDrawer } from './ghosts.js';
import type { Sampler } from './sampler.js';

/** One example a step, as the theory of [Pfahler & Morik 2021] has it: every update belongs to exactly one example. */
export const singleInstance: Sampler = {
  name: 'single-instance',
  planEpoch: (task, random) => {
    const draw = ghostDrawer(task, random);
    const order = random.shuffle(Int32Array.from(task.labels.keys()));
    return Array.from(order, (index, i) => ({
      examples: order.subarray(i, i + 1),
      ghosts: draw(),
      label: task.labels[index]!,
    }));
  },
};
